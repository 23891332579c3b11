// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How one contraction of floats is cut into tiles, blocks and pieces for workers.
// Nothing here can change a bit of the result, which depends on the order of k alone.
#pragma once

#include "runtime/kernels/contract/Contract.h"
#include "runtime/kernels/contract/KernelSet.h"

#include <algorithm>

namespace jit {

/// `count` things in `parts` consecutive parts whose sizes differ by at most one.
class EvenSplit {
public:
  EvenSplit(std::int64_t count, std::int64_t parts)
      : parts_(parts), size_(parts == 1 ? count : count / parts), longer_(count - size_ * parts) {}
  std::int64_t parts() const { return parts_; }
  std::int64_t begin(std::int64_t part) const {
    return part * size_ + (part < longer_ ? part : longer_);
  }
  std::int64_t size(std::int64_t part) const { return size_ + (part < longer_); }

private:
  std::int64_t parts_, size_, longer_;
};

constexpr std::int64_t ceil_div(std::int64_t x, std::int64_t y) { return (x + y - 1) / y; }

/// The same, without cutting through units of so many things; the last unit may be smaller.
class UnitSplit {
public:
  UnitSplit(std::int64_t count, std::int64_t unit, std::int64_t parts)
      : units_(ceil_div(count, unit), parts), unit_(unit), count_(count) {}
  std::int64_t parts() const { return units_.parts(); }
  std::int64_t begin(std::int64_t part) const { return units_.begin(part) * unit_; }
  std::int64_t size(std::int64_t part) const {
    return std::min(units_.size(part) * unit_, count_ - begin(part));
  }

private:
  EvenSplit units_;
  std::int64_t unit_, count_;
};

struct ContractPlan {
  const ContractKernels *kernels;
  // The problem, with the roles of A and B exchanged (C^T = B^T A^T) where that fills the vectors.
  bool exchanged;
  std::int64_t m, n, k;
  std::int64_t a_row, a_col, b_row, b_col;
  // Tiles and blocks.
  std::int64_t rows, vectors; ///< largest tile
  std::int64_t block_vectors; ///< columns of B, in vectors, that stay in L2
  std::int64_t unit;          ///< vectors of columns that neither pieces nor blocks cut
  std::int64_t packed_panels; ///< row panels of A that are copied at a time; 0: A is read in place
  std::int64_t rows_ahead;    ///< of B, that tiles prefetch
  ContractKernels::PackFunction pack_b;   ///< for a B that lies like this one
  bool packs_b;                           ///< a block at a time; else B is read in place
  bool turned;                            ///< and its columns are turned on the way
  bool whole_rows;                        ///< the epilogue wants all columns of C at once
  bool scatter_c;                         ///< exchanged tiles are copied to C when done
  std::int64_t b_bytes, a_bytes, c_bytes; ///< parts of a slab, multiples of 64
  // Pieces: ranges of batch entries, or a grid over each matrix.
  std::int64_t batches;
  std::int64_t batch_pieces;
  std::int64_t row_pieces, col_pieces;

  std::int64_t slab_bytes() const { return b_bytes + a_bytes + c_bytes; }
  std::int64_t pieces() const { return batch_pieces * row_pieces * col_pieces; }
  std::int64_t column_vectors() const { return ceil_div(n, kernels->lanes); }
  std::int64_t column_units() const { return ceil_div(column_vectors(), unit); }
};

const ContractKernels &contract_kernels(DType dtype, Isa isa);

// What a plan consists of, for products that need none.

/// Whether C^T = B^T A^T is computed.
bool is_exchanged(const ContractArgs &args, std::int64_t lanes);
/// Whether columns of B, with contiguous k, are turned on the way.
bool is_turned(std::int64_t m, std::int64_t b_row, std::int64_t b_col);
/// Width of the tiles over `columns` vectors.
std::int64_t tile_vectors(const ContractKernels &kernels, std::int64_t m, std::int64_t columns,
                          bool turned);
/// For so many multiply-adds.
std::int64_t worthy_pieces(double work, std::int64_t workers);

/// Width of the tiles that read a packed B, for any number of rows.
std::int64_t packed_vectors(const ContractPlan &plan);
ContractPlan plan_contract(const ContractArgs &args, Isa isa, std::int64_t workers);
/// The same for a B that has been packed as PackedMatrix says: it needs no scratch for B.
void read_packed(ContractPlan &plan, const ContractArgs &args, std::int64_t workers);

} // namespace jit
