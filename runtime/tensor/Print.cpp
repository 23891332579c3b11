// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Printing: all shown elements become text first, since columns are as wide as the widest.
#include "runtime/tensor/Print.h"

#include "runtime/base/FormatNumber.h"
#include "runtime/base/Meta.h"

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

namespace jit {
namespace {

constexpr std::int64_t elide_above = 1000;
constexpr std::int64_t edge_items = 3;
constexpr std::size_t line_width = 100;

class Printer {
public:
  Printer(DType dtype, Dims dims, Dims strides, const std::byte *data)
      : dtype(dtype), dims(dims), strides(strides), data(data), text(describe(dtype, dims) + " ") {
    std::int64_t size = 1;
    for (const std::int64_t extent : dims)
      size *= extent;
    empty = size == 0;
    elided = size > elide_above;
    margin = text.size();
  }

  std::string run() && {
    if (empty)
      return text + "[]";
    collect(0, 0);
    for (const std::string &cell : cells)
      width = std::max(width, cell.size());
    write(0);
    return std::move(text);
  }

private:
  static constexpr std::int64_t gap = -1;

  // Calls show(index) for the indices of an axis that are shown, show(gap) for those that are not.
  template <class Show> void for_shown(std::size_t axis, Show show) const {
    const std::int64_t extent = dims[axis];
    const bool cut = elided && extent > 2 * edge_items;
    for (std::int64_t i = 0; i < (cut ? edge_items : extent); ++i)
      show(i);
    if (cut) {
      show(gap);
      for (std::int64_t i = extent - edge_items; i < extent; ++i)
        show(i);
    }
  }

  void collect(std::size_t axis, std::int64_t offset) {
    if (axis == dims.size()) {
      const auto bytes = static_cast<std::int64_t>(itemsize(dtype));
      cells.push_back(format_element(dtype, data + offset * bytes));
      return;
    }
    for_shown(axis, [&](std::int64_t i) {
      if (i != gap)
        collect(axis + 1, offset + i * strides[axis]);
    });
  }

  void write(std::size_t axis) {
    if (axis == dims.size()) {
      write_cell(cells[next++]);
      return;
    }
    text += '[';
    const bool row = axis + 1 == dims.size();
    line_start = text.size() - (margin + axis + 1);
    bool first = true;
    for_shown(axis, [&](std::int64_t i) {
      if (!first)
        separate(axis, row);
      first = false;
      if (i == gap)
        text += "...";
      else
        write(axis + 1);
    });
    text += ']';
  }

  // Within a row a space, or a new line when the next cell would not fit. Between rows a new line,
  // and an empty one more for every further level.
  void separate(std::size_t axis, bool row) {
    text += ',';
    if (row && text.size() - line_start + 1 + std::max<std::size_t>(width, 3) < line_width) {
      text += ' ';
      return;
    }
    text.append(row ? 1 : dims.size() - axis - 1, '\n');
    line_start = text.size();
    text.append(margin + axis + 1, ' ');
  }

  void write_cell(const std::string &cell) {
    if (!dims.empty())
      text.append(width - cell.size(), ' ');
    text += cell;
  }

  DType dtype;
  Dims dims, strides;
  const std::byte *data;
  std::string text;
  std::vector<std::string> cells; // in order of appearance
  std::size_t next = 0;
  std::size_t width = 0;
  std::size_t margin = 0;
  std::size_t line_start = 0; // where the current line begins in `text`
  bool empty = false;
  bool elided = false;
};

} // namespace

void print(std::ostream &out, DType dtype, Dims dims, Dims strides, const std::byte *data) {
  const std::string text = Printer(dtype, dims, strides, data).run();
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
}

} // namespace jit
