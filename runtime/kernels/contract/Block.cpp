// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loops, outermost first: blocks of columns (B in L2), chunks of k, panels of rows (A in L1),
// tiles.
#include "runtime/kernels/contract/Block.h"

#include "runtime/base/SeededBugs.h"

#include <algorithm>

namespace jit {
namespace {

template <class T>
void scatter(const std::byte *from, std::int64_t from_row, std::int64_t rows, std::int64_t cols,
             std::byte *to, std::int64_t to_col) {
  for (std::int64_t j = 0; j < cols; ++j)
    for (std::int64_t i = 0; i < rows; ++i)
      reinterpret_cast<T *>(to)[j * to_col + i] =
          reinterpret_cast<const T *>(from)[i * from_row + j];
}

/// A block of columns of the part, from its first chunk of k to its epilogue.
class Block {
public:
  Block(const ContractPlan &plan, const Epilogue &epilogue, const ContractPart &part,
        std::int64_t vector, std::int64_t vectors)
      : plan_(plan), epilogue_(epilogue), part_(part), lanes_(plan.kernels->lanes),
        item_(plan.kernels->item_bytes), first_(vector * lanes_),
        cols_(std::min(vectors * lanes_, plan.n - first_)),
        row_panels_(part.rows, ceil_div(part.rows, plan.rows)),
        col_panels_(vectors, plan.unit, ceil_div(vectors, plan.vectors)) {
    // An exchanged C is built in scratch, because its columns lie apart.
    c_ = plan.scatter_c ? part.slab + plan.b_bytes + plan.a_bytes : part.c + first_ * item_;
    c_row_ = plan.scatter_c ? vectors * lanes_ : part.c_row;
  }

  void run() const {
    for (std::int64_t k = 0; k == 0 || k < plan_.k; k += contract_chunk)
      run_chunk(k, std::min(plan_.k - k, contract_chunk));
  }

private:
  const std::byte *a_at(std::int64_t row, std::int64_t k) const {
    return part_.a + (row * plan_.a_row + k * plan_.a_col) * item_;
  }
  const std::byte *b_at(std::int64_t k, std::int64_t col) const {
    return part_.b + (k * plan_.b_row + (first_ + col) * plan_.b_col) * item_;
  }
  std::byte *c_at(std::int64_t row, std::int64_t col) const {
    return c_ + ((plan_.scatter_c ? row - part_.row : row) * c_row_ + col) * item_;
  }

  void run_chunk(std::int64_t k, std::int64_t depth) const {
    if (plan_.packs_b)
      pack_b(k, depth);
    const bool last = planted(SeededBug::epilogue_early) ? k == 0 : k + depth >= plan_.k;
    std::int64_t told = 0; // rows that the epilogue has seen
    for (std::int64_t i = 0; i < row_panels_.parts(); ++i) {
      const std::int64_t row = part_.row + row_panels_.begin(i);
      if (plan_.packed_panels > 0 && i % plan_.packed_panels == 0)
        pack_a(i, k, depth);
      run_row_panel(i, k, depth);
      if (!last)
        continue;
      const std::int64_t done = row_panels_.begin(i) + row_panels_.size(i);
      if (plan_.scatter_c)
        scatter_panel(row, row_panels_.size(i));
      if (epilogue_.run && is_worth_telling(told, done)) {
        tell(part_.row + told, done - told);
        told = done;
      }
    }
  }

  /// Rows some at a time, because panels share their pages; columns whole.
  void pack_b(std::int64_t k, std::int64_t depth) const {
    const std::int64_t step = plan_.b_row == 1 ? depth : 8;
    for (std::int64_t at = 0; at < depth; at += step)
      for (std::int64_t j = 0; j < col_panels_.parts(); ++j) {
        const std::int64_t col = col_panels_.begin(j) * lanes_;
        const std::int64_t width = col_panels_.size(j) * lanes_;
        plan_.pack_b({b_at(k + at, col), plan_.b_row, plan_.b_col, std::min(step, depth - at),
                      std::min(width, cols_ - col), part_.slab + (col * depth + at * width) * item_,
                      width});
      }
  }

  /// Some k of each panel at a time, because the panels share cache lines.
  void pack_a(std::int64_t first, std::int64_t k, std::int64_t depth) const {
    constexpr std::int64_t step = 16;
    const std::int64_t end = std::min(first + plan_.packed_panels, row_panels_.parts());
    for (std::int64_t at = 0; at < depth; at += step)
      for (std::int64_t i = first; i < end; ++i) {
        const std::int64_t rows = row_panels_.size(i);
        plan_.kernels->pack_a({a_at(part_.row + row_panels_.begin(i), k + at), plan_.a_col,
                               plan_.a_row, std::min(step, depth - at), rows,
                               packed_a(i, depth) + at * rows * item_});
      }
  }

  /// Panels lie one behind the other from the first that was copied with this one.
  std::byte *packed_a(std::int64_t panel, std::int64_t depth) const {
    const std::int64_t first = panel / plan_.packed_panels * plan_.packed_panels;
    const std::int64_t rows = row_panels_.begin(panel) - row_panels_.begin(first);
    return part_.slab + plan_.b_bytes + rows * depth * item_;
  }

  void run_row_panel(std::int64_t panel, std::int64_t k, std::int64_t depth) const {
    const std::int64_t row = part_.row + row_panels_.begin(panel);
    const std::int64_t rows = row_panels_.size(panel);
    ContractTile tile;
    tile.a = a_at(row, k);
    tile.a_row = plan_.a_row;
    tile.a_col = plan_.a_col;
    if (plan_.packed_panels > 0) {
      tile.a = packed_a(panel, depth);
      tile.a_row = 1;
      tile.a_col = rows;
    }
    tile.c_row = c_row_;
    tile.k = depth - (planted(SeededBug::chunk_of_k_short) && k > 0);
    tile.add = k > 0;
    for (std::int64_t j = 0; j < col_panels_.parts(); ++j) {
      const std::int64_t col = col_panels_.begin(j) * lanes_;
      const std::int64_t vectors = col_panels_.size(j);
      tile.b = plan_.packs_b ? part_.slab + col * depth * item_ : b_at(k, col);
      tile.b_row = plan_.packs_b ? vectors * lanes_ : plan_.b_row;
      tile.b_col = plan_.b_col;
      tile.b_ahead = plan_.rows_ahead * tile.b_row;
      tile.c = c_at(row, col);
      tile.columns = std::min(vectors * lanes_, cols_ - col);
      tile.tail = cols_ - col - (vectors - 1) * lanes_;
      const ContractKernels &kernels = *plan_.kernels;
      (plan_.turned ? kernels.turned_tiles[rows]
                    : kernels.tiles[tile.tail < lanes_][vectors][rows])(tile);
    }
  }

  /// Rows of the problem are columns of the caller's C, contiguous; c_row lies between columns.
  void scatter_panel(std::int64_t row, std::int64_t rows) const {
    std::byte *to = part_.c + (first_ * part_.c_row + row) * item_;
    (item_ == 4 ? scatter<float> : scatter<double>)(c_at(row, 0), c_row_, rows, cols_, to,
                                                    part_.c_row);
  }

  /// Whether the epilogue should run on rows [told, done) now. Of narrow matrices it gets some at a
  /// time, and of exchanged ones all, which are the columns of C.
  bool is_worth_telling(std::int64_t told, std::int64_t done) const {
    constexpr std::int64_t worth = 1024; // points: 4 KiB stay in L1
    return !plan_.whole_rows || done == part_.rows ||
           (!plan_.exchanged && (done - told) * plan_.n >= worth);
  }

  void tell(std::int64_t row, std::int64_t rows) const {
    if (plan_.exchanged)
      epilogue_.run(epilogue_.context, part_.batch, first_, cols_, row, rows);
    else
      epilogue_.run(epilogue_.context, part_.batch, row, rows, first_, cols_);
  }

  const ContractPlan &plan_;
  const Epilogue &epilogue_;
  const ContractPart &part_;
  const std::int64_t lanes_, item_;
  const std::int64_t first_, cols_; ///< columns
  const EvenSplit row_panels_;
  const UnitSplit col_panels_;
  std::byte *c_;
  std::int64_t c_row_;
};

} // namespace

void run_contract_part(const ContractPlan &plan, const Epilogue &epilogue,
                       const ContractPart &part) {
  const UnitSplit blocks(part.vectors, plan.unit, ceil_div(part.vectors, plan.block_vectors));
  for (std::int64_t i = 0; i < blocks.parts(); ++i)
    Block(plan, epilogue, part, part.vector + blocks.begin(i), blocks.size(i)).run();
}

} // namespace jit
