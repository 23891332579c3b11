// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The values of one point of a nest, as text: what all forms have in common.
#pragma once

#include "compiler/cuda/text/Access.h"
#include "compiler/cuda/text/Element.h"

#include <functional>
#include <optional>

namespace jit::gpu {

class PointValues {
public:
  /// `points` and `out` must live on.
  PointValues(ModuleText &module, const Points &points, Lines &out);

  /// How many bytes the kernel's argument has, and its members: an address for each buffer, then
  /// the numbers.
  std::size_t argument_bytes() const { return 8 * (std::size_t{nest.buffers} + numbers); }
  std::string members() const;
  /// Whether the kernel only reads the buffer and no output may lie there.
  bool only_read(unsigned buffer) const;

  /// Writes what is the same for all points. In front of the loop over units.
  void fixed_values();
  /// Writes the value of a node at the point of flat index `i`, if it has none yet. Values of its
  /// operands must be there.
  void compute(unsigned node);
  const Element &of(unsigned node) const { return values[node]; }
  void set(unsigned node, Element value) { values[node] = std::move(value); }
  /// Whether that needs `i`.
  bool needs_index(unsigned node) const;
  /// The element in memory at an offset.
  std::string load(const nest::Node &n, const std::string &offset) const;

  Emitter &emitter() { return e; }
  /// Empty: all is well so far.
  const std::string &failure() const { return failed; }

  /// The offset of an access at the point; `more` as of offset_of(). Forms may know a shorter text.
  std::function<Offset(const nest::Access &access, double more)> offset;
  /// Where threads have no point of their own: a condition under which they do.
  std::string live{};

private:
  struct Buffer {
    std::optional<DType> dtype;
    bool is_stored = false, is_shared = false;
  };
  void find_buffers();
  void find_fixed();
  void number(unsigned node);
  void gather(unsigned node);
  void guarded(unsigned node, std::string expression, bool only_live);

  const Points &points;
  const nest::Nest &nest;
  Emitter e;
  std::vector<Buffer> buffers;
  std::vector<bool> fixed;     ///< by node
  std::vector<Element> values; ///< by node
  unsigned numbers = 0;
  std::string failed;
};

} // namespace jit::gpu
