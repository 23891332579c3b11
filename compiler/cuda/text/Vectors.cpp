// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Narrow integers travel in words and are cut out by shifts: the compilers join bytes in no other
// way for certain.
#include "compiler/cuda/text/Vectors.h"

#include "compiler/cuda/text/Element.h"

#include <array>

namespace jit::gpu {
namespace {

/// A type of 2, 4, 8 or 16 bytes and its parts.
struct Carrier {
  std::string type;
  unsigned parts;
  unsigned per_part; ///< elements
};

Carrier carrier_of(DType dtype, unsigned lanes) {
  const auto item = static_cast<unsigned>(itemsize(dtype)), bytes = item * lanes;
  if (bytes < 4)
    return {"short", 1, lanes};
  const std::string letter = is_float(dtype) ? "f" : "i";
  const unsigned width = item == 8 ? 8 : 4;
  if (bytes == width)
    return {width == 8        ? (is_float(dtype) ? "double" : "long long")
            : is_float(dtype) ? "float"
                              : "int",
            1, lanes};
  return {"tj_" + letter + std::to_string(8 * width) + "x" + std::to_string(bytes / width),
          bytes / width, width > item ? width / item : 1};
}

std::string part(const Carrier &carrier, unsigned number) {
  constexpr std::array<const char *, 4> names{".x", ".y", ".z", ".w"};
  return carrier.parts == 1 ? "w" : std::string("w") + names[number];
}

std::string macro(std::string_view stem, unsigned bytes) {
  return std::string(stem) + (bytes == 16 ? "16" : "V");
}

/// The parts as an array of words.
std::string all_parts(const Carrier &carrier) {
  std::string text;
  for (unsigned number = 0; number < carrier.parts; ++number)
    text += (number == 0 ? "" : ", ") + part(carrier, number);
  return "{" + text + "}";
}

/// Where element j lies in the words: which, and how far from its lowest bit.
std::string word_of_j(const Carrier &carrier) {
  return "words[j / " + std::to_string(carrier.per_part) + "]";
}
std::string shift_of_j(const Carrier &carrier, unsigned bits) {
  return "j % " + std::to_string(carrier.per_part) + " * " + std::to_string(bits);
}

void open_loop(Lines &out, unsigned lanes) {
  out.line("#pragma unroll");
  out.open("for (int j = 0; j < " + std::to_string(lanes) + "; ++j) {");
}

} // namespace

void load_vector(Lines &out, DType dtype, unsigned lanes, bool only_read,
                 const std::string &pointer, const std::string &array, const std::string &begin) {
  const Carrier carrier = carrier_of(dtype, lanes);
  const auto bits = static_cast<unsigned>(8 * itemsize(dtype));
  const std::string type(memory_type(dtype));
  out.line("const " + carrier.type +
           " w = " + macro(only_read ? "TJ_LDG" : "TJ_LOAD", lanes * bits / 8) + "(" +
           carrier.type + ", " + pointer + ");");
  if (bits < 32) {
    out.line("const int words[] = " + all_parts(carrier) + ";");
    open_loop(out, lanes);
    out.line(array + "[" + begin + " + j] = (" + type + ")(" + word_of_j(carrier) + " >> " +
             shift_of_j(carrier, bits) + ");");
    out.close("}");
    return;
  }
  for (unsigned lane = 0; lane < lanes; ++lane)
    out.line(array + "[" + begin + " + " + std::to_string(lane) +
             "] = " + (dtype == DType::u32 ? "(unsigned)" : "") + part(carrier, lane) + ";");
}

void store_vector(Lines &out, DType dtype, unsigned lanes, const std::string &pointer,
                  const std::string &array, const std::string &begin) {
  const Carrier carrier = carrier_of(dtype, lanes);
  const auto bits = static_cast<unsigned>(8 * itemsize(dtype));
  std::string parts;
  if (bits < 32) {
    out.line("unsigned words[" + std::to_string(carrier.parts) + "] = {};");
    open_loop(out, lanes);
    out.line(word_of_j(carrier) + " |= (unsigned)(unsigned " + (bits == 8 ? "char)" : "short)") +
             array + "[" + begin + " + j] << " + shift_of_j(carrier, bits) + ";");
    out.close("}");
  }
  for (unsigned number = 0; number < carrier.parts; ++number) {
    const std::string index = std::to_string(number);
    std::string value = array + "[" + begin + " + " + index + "]";
    if (bits < 32)
      value = (carrier.type == "short" ? "(short)words[" : "(int)words[") + index + "]";
    else if (dtype == DType::u32)
      value = "(int)" + value;
    parts += (parts.empty() ? "" : ", ") + value;
  }
  out.line(carrier.type + " w = " + (carrier.parts > 1 ? "{" + parts + "}" : parts) + ";");
  out.line(macro("TJ_STORE", lanes * bits / 8) + "(" + pointer + ", w);");
}

} // namespace jit::gpu
