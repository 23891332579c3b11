// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "bench/peers/Serve.h"

#include <tracejit/io.h>

#include <chrono>
#include <iostream>
#include <sstream>
#include <stdexcept>

namespace peers {

Sizes parse_sizes(const std::string &text) {
  Sizes sizes;
  std::istringstream stream(text == "-" ? "" : text);
  for (std::string word; std::getline(stream, word, ',');) {
    const std::size_t sign = word.find('=');
    if (sign == word.npos)
      throw std::runtime_error("not NAME=NUMBER: " + word);
    sizes[word.substr(0, sign)] = std::stoll(word.substr(sign + 1));
  }
  return sizes;
}

Inputs Job::load_inputs() const {
  Inputs inputs;
  for (const auto &file : std::filesystem::directory_iterator(folder))
    if (file.path().extension() == ".npy")
      inputs[file.path().stem()] = jit::load(file.path());
  return inputs;
}

namespace {

double seconds(const Served &served, std::int64_t repeats) {
  const auto begin = std::chrono::steady_clock::now();
  served.run(repeats);
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
  return passed.count() / static_cast<double>(repeats);
}

void answer(const Served &served, std::istringstream request, std::ostream &out) {
  std::string word;
  request >> word;
  if (word == "run") {
    std::int64_t repeats = 1, timings = 1;
    request >> repeats >> timings;
    served.run(repeats);
    for (; timings > 0; --timings)
      out << seconds(served, repeats) << " ";
    out << std::endl;
  } else if (word == "output") {
    std::filesystem::path folder;
    request >> folder;
    const std::vector<jit::Tensor> outputs = served.outputs();
    for (std::size_t i = 0; i < outputs.size(); ++i)
      jit::save(folder / (std::to_string(i) + ".npy"), outputs[i]);
    out << outputs.size() << std::endl;
  } else if (word == "memory" && served.transient_bytes) {
    out << served.transient_bytes() << std::endl;
  } else {
    throw std::runtime_error("unknown request: " + word);
  }
}

} // namespace

int serve(int count, char **words, const std::function<Served(const Job &)> &prepare) {
  if (count != 6) {
    std::cerr << "usage: " << words[0] << " COMPUTATION SIZES THREADS FOLDER SETTING\n";
    return 2;
  }
  std::cout.precision(9);
  try {
    const Served served =
        prepare({words[1], parse_sizes(words[2]), std::stoi(words[3]), words[4], words[5]});
    std::cout << "ready " << served.compile_seconds << " " << served.facts << std::endl;
    for (std::string line; std::getline(std::cin, line) && line != "quit";)
      answer(served, std::istringstream(line), std::cout);
  } catch (const Unsupported &) {
    std::cout << "unsupported" << std::endl;
  } catch (const std::exception &problem) {
    std::cout << "failed " << problem.what() << std::endl;
    return 1;
  }
  return 0;
}

} // namespace peers
