// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Lines are read as words and signs: the texts are our own, and one statement is one line.
#include "compiler/cuda/text/TextRules.h"

#include "compiler/cuda/text/Prelude.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <set>
#include <vector>

namespace jit::gpu {
namespace {

using Words = std::vector<std::string_view>;

bool in_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// Names, numbers (with point and signed exponent) and single signs.
Words words_of(std::string_view line) {
  Words words;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t begin = at;
    if (line[at] == ' ') {
      ++at;
      continue;
    }
    const bool is_number = std::isdigit(static_cast<unsigned char>(line[at])) != 0;
    if (!in_word(line[at])) {
      ++at;
    } else {
      while (at < line.size() && (in_word(line[at]) || (is_number && line[at] == '.') ||
                                  (is_number && at > begin &&
                                   (line[at] == '+' || line[at] == '-') && line[at - 1] == 'p')))
        ++at;
    }
    words.push_back(line.substr(begin, at - begin));
  }
  return words;
}

bool is_number(std::string_view word) {
  return std::isdigit(static_cast<unsigned char>(word.front())) != 0;
}
bool is_name(std::string_view word) { return in_word(word.front()) && !is_number(word); }
bool is_float_number(std::string_view word) {
  return is_number(word) && word.find_first_of(".p") != word.npos;
}

constexpr std::array<std::string_view, 2> float_types{"float", "double"};
/// Functions that give a float: each rounds once or not at all.
constexpr std::array<std::string_view, 10> functions_f32{
    "__fadd_rn",  "__fsub_rn", "__fmul_rn", "__fdiv_rn", "__fmaf_rn",
    "__fsqrt_rn", "fabsf",     "floorf",    "truncf",    "rintf"};
constexpr std::array<std::string_view, 10> functions_f64{
    "__dadd_rn",  "__dsub_rn", "__dmul_rn", "__ddiv_rn", "__fma_rn",
    "__dsqrt_rn", "fabs",      "floor",     "trunc",     "rint"};
constexpr std::array<std::string_view, 8> conversions{
    "__int_as_float", "__longlong_as_double", "__double2float_rn", "__int2float_rn",
    "__ll2float_rn",  "__int2double_rn",      "__ll2double_rn",    "__ull2double_rn"};
/// Their arguments are addresses, or integers between threads.
constexpr std::array<std::string_view, 10> loads{
    "TJ_LDG",     "TJ_LDG16",        "TJ_LDGV",        "TJ_LOAD16",  "TJ_LOADV",
    "TJ_STORE16", "TJ_SHUFFLE_DOWN", "TJ_SHUFFLE_XOR", "TJ_SHUFFLE", "TJ_STOREV"};

template <class List> bool has(const List &list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

/// Judges the lines of one text, whose floats it remembers by name.
class TextJudge {
public:
  /// Why the line is wrong, or nothing.
  std::string judge(std::string_view line) {
    const Words words = words_of(line);
    if (words.empty() || line.find("//") != line.npos)
      return {};
    if (words[0] == "#" && (words.size() < 2 || words[1] != "pragma"))
      return "only pragmas may stand among kernels";
    if (words[0] == "template")
      return "a template";
    if (words[0] == "TJ_TABLE")
      return judge_numbers(words);
    if (words[0] == "TJ_DEVICE" || words[0] == "TJ_OUTLINE" || words[0] == "TJ_KERNEL") {
      floats.clear();
      gives_float = has(float_types, words[1]);
    }
    const std::size_t equals = assignment(words);
    declare(words, equals);
    if (equals == words.size())
      return words[0] == "return" && gives_float ? judge_value({words.begin() + 1, words.end()})
                                                 : std::string();
    if (!is_float_target(words, equals))
      return {};
    const std::string wrong = judge_numbers(words);
    return wrong.empty()
               ? judge_value({words.begin() + static_cast<std::ptrdiff_t>(equals) + 1, words.end()})
               : wrong;
  }

private:
  /// The first `=` that is no comparison, outside of brackets; else the end.
  static std::size_t assignment(const Words &words) {
    int depth = 0;
    for (std::size_t k = 0; k + 1 < words.size(); ++k) {
      depth += (words[k] == "[" || words[k] == "(") - (words[k] == "]" || words[k] == ")");
      if (depth == 0 && words[k] == "=" && words[k + 1] != "=" && k > 0 &&
          std::string_view("=!<>").find(words[k - 1]) == std::string_view::npos)
        return k;
    }
    return words.size();
  }

  /// Every name that follows `float` or `double` and is no cast.
  void declare(const Words &words, std::size_t equals) {
    for (std::size_t k = 0; k + 1 < std::min(words.size(), equals); ++k)
      if (has(float_types, words[k]) && is_name(words[k + 1]) && words[k + 1] != "p")
        floats.emplace(words[k + 1]);
  }

  bool is_float_target(const Words &words, std::size_t equals) const {
    std::size_t k = 0;
    while (k < equals && (words[k] == "const" || words[k] == "static"))
      ++k;
    if (k < equals && has(float_types, words[k]))
      return words[k + 1] != "*";
    if (words[k] == "angle") // the one struct that holds some
      return words[k + 2] != "quarter";
    return floats.contains(words[k]) && words[k + 1] != "*";
  }

  static std::string judge_numbers(const Words &words) {
    const bool is_f32 = has(words, "float");
    for (std::string_view word : words)
      if (is_f32 && is_float_number(word) && word.back() != 'f')
        return "a constant of float without f: " + std::string(word);
    return {};
  }

  /// One operation on floats: an operand, -operand, a cast, c ? operand : operand, or a call.
  std::string judge_value(Words words) const {
    while (!words.empty() && (words.back() == ";" || words.back() == "}"))
      words.pop_back();
    if (const auto question = std::ranges::find(words, "?"); question != words.end()) {
      const auto colon = std::find(question, words.end(), ":");
      const std::string wrong = judge_operand({question + 1, colon});
      return wrong.empty() ? judge_operand({colon + 1, words.end()}) : wrong;
    }
    if (words.size() > 1 && words[0] == "-")
      words.erase(words.begin());
    return judge_operand(words);
  }

  std::string judge_operand(const Words &words) const {
    const std::string wrong = "more than one operation";
    if (words.empty())
      return "no value";
    if (words[0] == "*" || words[0] == "{") // through a pointer; parts of a vector
      return words[0] == "*" ? std::string() : judge_parts(words);
    if (words.size() > 3 && words[0] == "(" && words[2] == ")")
      return judge_operand({words.begin() + 3, words.end()});
    if (words.size() == 2 && words[0] == "-" && is_number(words[1]))
      return {};
    if (words.size() == 1 || words[1] == "." || words[1] == "[")
      return is_plain(words) ? std::string() : wrong;
    if (words[1] != "(")
      return wrong;
    if (has(loads, words[0]) || has(conversions, words[0]) || words[0].starts_with("tj_"))
      return closes_at_end(words) ? std::string() : wrong;
    if (!has(functions_f32, words[0]) && !has(functions_f64, words[0]))
      return "a call of " + std::string(words[0]);
    return judge_arguments(words);
  }

  std::string judge_parts(const Words &words) const {
    for (std::string_view word : words)
      if (std::string_view("/%<>()").find(word) != std::string_view::npos)
        return "more than one operation";
    return {};
  }

  /// A name, a constant, a member or an element of an array.
  static bool is_plain(const Words &words) {
    int depth = 0;
    for (std::string_view word : words) {
      depth += (word == "[") - (word == "]");
      if (depth == 0 && !in_word(word.front()) && word != "." && word != "]")
        return false;
    }
    return in_word(words.front().front());
  }

  static bool closes_at_end(const Words &words) {
    int depth = 0;
    for (std::size_t k = 1; k < words.size(); ++k) {
      depth += (words[k] == "(") - (words[k] == ")");
      if (depth == 0)
        return k + 1 == words.size();
    }
    return false;
  }

  /// Names and constants only, or bits as a float.
  static std::string judge_arguments(const Words &words) {
    if (!closes_at_end(words))
      return "more than one operation";
    for (std::size_t k = 2; k + 1 < words.size(); ++k) {
      const bool sign = words[k] == "-" && (words[k - 1] == "(" || words[k - 1] == ",");
      if (!in_word(words[k].front()) && words[k] != "," && words[k] != "(" && words[k] != ")" &&
          !sign)
        return "more than one operation";
      if (words[k] == "(" && !has(conversions, words[k - 1]))
        return "more than one operation";
    }
    return {};
  }

  std::set<std::string, std::less<>> floats;
  bool gives_float = false; ///< the function that the line is in
};

/// f(number, line) for each line until one gives text.
std::string first_of(std::string_view text,
                     const std::function<std::string(std::string_view line)> &f) {
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    ++number;
    if (std::string wrong = f(text.substr(0, end)); !wrong.empty())
      return "line " + std::to_string(number) + ": " + wrong + ": " +
             std::string(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

bool contains(std::string_view line, std::string_view part) { return line.find(part) != line.npos; }

std::string_view trimmed(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return line;
}

} // namespace

std::string check_text(std::string_view text) {
  bool in_prelude = false;
  TextJudge judge;
  return first_of(text, [&](std::string_view line) -> std::string {
    if (line.starts_with("//--- "))
      in_prelude = !line.starts_with("//--- kernels");
    return in_prelude ? std::string() : judge.judge(line);
  });
}

std::string check_ptx(std::string_view ptx) {
  return first_of(ptx, [](std::string_view line) -> std::string {
    for (std::string_view part : {".ftz", ".approx", ".full.", "ld.local", "st.local"})
      if (contains(line, part))
        return "PTX has " + std::string(part);
    const std::string_view instruction = trimmed(line);
    for (std::string_view operation :
         {"add.f", "sub.f", "mul.f", "mad.f", "fma.f", "div.f", "sqrt.f"})
      if (instruction.starts_with(operation))
        return "PTX rounds in no way that is named";
    return {};
  });
}

std::map<std::string, int> count_fused_in_text(std::string_view text) {
  std::map<std::string, int> counts;
  std::string kernel;
  int times = 1;
  first_of(text, [&](std::string_view line) -> std::string {
    if (line.starts_with("TJ_KERNEL(")) {
      const std::size_t begin = line.find(") ") + 2;
      kernel = line.substr(begin, line.find('(', begin) - begin);
      counts[kernel];
    }
    const std::string_view statement = trimmed(line);
    if (constexpr std::string_view loop = "for (int k = 0; k < "; statement.starts_with(loop))
      times = std::atoi(std::string(statement.substr(loop.size())).c_str());
    else if (line == "    }")
      times = 1;
    if (!kernel.empty() && (contains(line, "__fmaf_rn(") || contains(line, "__fma_rn(")))
      counts[kernel] += times;
    return {};
  });
  return counts;
}

std::map<std::string, int> count_fused_in_ptx(std::string_view ptx) {
  std::map<std::string, int> counts;
  std::string kernel;
  first_of(ptx, [&](std::string_view line) -> std::string {
    if (const std::size_t at = line.find(".entry "); at != line.npos) {
      kernel = line.substr(at + 7, line.find('(') - at - 7);
      counts[kernel];
    } else if (line.starts_with(".func") || line.starts_with(".visible .func")) {
      kernel.clear();
    }
    if (!kernel.empty() && trimmed(line).starts_with("fma."))
      ++counts[kernel];
    return {};
  });
  return counts;
}

} // namespace jit::gpu
