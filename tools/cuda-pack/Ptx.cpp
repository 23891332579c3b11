// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/cuda-pack/Ptx.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <map>
#include <set>

namespace jit::gpu {
namespace {

bool in_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$';
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// The line without comment and the blanks around it.
std::string bare(std::string_view line) {
  line = line.substr(0, line.find("//"));
  while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back())) != 0)
    line.remove_suffix(1);
  while (!line.empty() && std::isspace(static_cast<unsigned char>(line.front())) != 0)
    line.remove_prefix(1);
  return std::string(line);
}

std::vector<std::string> names_in(std::string_view text) {
  std::vector<std::string> names;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    while (at < text.size() && in_name(text[at]))
      ++at;
    if (at > begin)
      names.emplace_back(text.substr(begin, at - begin));
    else
      ++at;
  }
  return names;
}

/// A function, a variable or a declaration.
struct Item {
  std::string name, text;
  bool is_kernel;
};

unsigned threads_of(std::string_view kernel) {
  constexpr std::string_view word = ".maxntid ";
  const std::size_t at = kernel.find(word);
  unsigned threads = 0;
  if (at != kernel.npos)
    std::from_chars(kernel.data() + at + word.size(), kernel.data() + kernel.size(), threads);
  return threads;
}

class Splitter {
public:
  Splitter(std::string_view ptx, const std::string &unit)
      : head("// tracejit pack " + unit + "\n") {
    std::string item;
    for (std::string_view line : lines_of(ptx)) {
      const std::string statement = bare(line);
      if (statement.empty())
        continue;
      if (item.empty() && (statement.starts_with(".version") || statement.starts_with(".target") ||
                           statement.starts_with(".address_size"))) {
        head += statement + "\n";
        continue;
      }
      depth += statement == "{" ? 1 : statement == "}" ? -1 : 0;
      item += statement + "\n";
      if (depth == 0 && (statement == "}" || statement.ends_with(";")))
        finish(item);
    }
  }

  std::vector<PtxModule> run() {
    std::map<std::string, PtxModule> modules;
    for (const Item &item : items)
      if (item.is_kernel)
        modules[item.name.substr(0, item.name.rfind('_'))].kernels.push_back(
            {item.name, threads_of(item.text)});
    std::vector<PtxModule> result;
    for (auto &[name, module] : modules) {
      std::set<std::size_t> needed;
      for (const PtxKernel &kernel : module.kernels)
        need(kernel.name, needed);
      module.text = head;
      for (std::size_t item : needed)
        module.text += items[item].text;
      result.push_back(std::move(module));
    }
    return result;
  }

private:
  void finish(std::string &item) {
    // The name stands before the parameters or the size.
    const bool is_kernel = item.find(".entry ") != item.npos;
    std::size_t end = item.find_first_of("[=;");
    if (is_kernel || item.starts_with(".func"))
      end = item.find('(', item.starts_with(".func") ? item.find(')') : 0);
    const std::vector<std::string> names = names_in(std::string_view(item).substr(0, end));
    by_name.emplace(names.back(), items.size());
    items.push_back({names.back(), std::move(item), is_kernel});
    item.clear();
  }

  void need(const std::string &name, std::set<std::size_t> &needed) const {
    const auto [first, last] = by_name.equal_range(name);
    for (auto at = first; at != last; ++at)
      if (needed.insert(at->second).second)
        for (const std::string &other : names_in(items[at->second].text))
          need(other, needed);
  }

  std::string head;
  int depth = 0;
  std::vector<Item> items;
  std::multimap<std::string, std::size_t> by_name; ///< declarations too
};

void put_number(std::string &out, std::size_t value) {
  for (; value >= 0x80; value >>= 7)
    out += static_cast<char>((value & 0x7f) | 0x80);
  out += static_cast<char>(value);
}

} // namespace

std::vector<PtxModule> split_ptx(std::string_view ptx, const std::string &unit) {
  return Splitter(ptx, unit).run();
}

namespace {

/// Finds where text was before, by hashes of its next few bytes.
class Places {
public:
  explicit Places(std::string_view text)
      : text(text), last(std::size_t{1} << hash_bits, none), before(text.size(), none) {}

  struct Match {
    std::size_t length = 0, distance = 0;
  };
  /// The longest of the places that were remembered last.
  Match find(std::size_t at) const {
    Match best;
    if (at + least > text.size())
      return best;
    std::size_t place = last[hash(at)];
    for (int tries = 256; place != none && tries > 0; --tries, place = before[place]) {
      std::size_t length = 0;
      while (at + length < text.size() && text[place + length] == text[at + length])
        ++length;
      if (length >= least && length > best.length)
        best = {length, at - place};
    }
    return best;
  }
  void remember(std::size_t at) {
    if (at + least > text.size())
      return;
    std::size_t &newest = last[hash(at)];
    before[at] = newest;
    newest = at;
  }

private:
  static constexpr std::size_t none = ~std::size_t{0}, least = 8;
  static constexpr int hash_bits = 18;
  std::size_t hash(std::size_t at) const {
    std::uint64_t bytes;
    std::memcpy(&bytes, text.data() + at, sizeof bytes);
    return bytes * 0x9e3779b97f4a7c15 >> (64 - hash_bits);
  }
  std::string_view text;
  std::vector<std::size_t> last, before;
};

} // namespace

/// Greedy, but for a byte that is better left for a longer match behind it.
std::string packed(std::string_view text) {
  Places places(text);
  std::string out;
  std::size_t literal = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Places::Match match = places.find(at);
    places.remember(at);
    if (match.length == 0 || places.find(at + 1).length > match.length + 1) {
      ++at;
      continue;
    }
    put_number(out, at - literal);
    out.append(text.substr(literal, at - literal));
    put_number(out, match.length);
    put_number(out, match.distance);
    for (std::size_t k = 1; k < match.length; ++k)
      places.remember(at + k);
    at += match.length;
    literal = at;
  }
  put_number(out, text.size() - literal);
  out.append(text.substr(literal));
  put_number(out, 0);
  return out;
}

} // namespace jit::gpu
