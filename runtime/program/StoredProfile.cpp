// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/program/StoredProfile.h"

#include "runtime/program/Bytes.h"
#include "runtime/program/Container.h"

#include <algorithm>
#include <set>
#include <utility>

namespace jit {
namespace {

/// Both ways.
void pass(auto &stream, auto &path) {
  stream(path.place, path.file, path.line, path.state, path.ends_at_boundary, path.text);
}

/// What programs of one path have in common: all of the trace but its outputs, which come last.
std::pair<std::uint64_t, std::string_view> identity(const ProfilePath &path) {
  const std::string_view text = path.text;
  return {path.place, text.substr(0, text.find("\noutput "))};
}

} // namespace

std::vector<std::byte> profile_to_file(std::string_view key, std::span<const ProfilePath> paths) {
  ByteWriter list;
  list.list(paths, [&](const ProfilePath &path) { pass(list, path); });
  return ContainerWriter()
      .add(SectionKind::key, std::as_bytes(std::span(key)))
      .add(SectionKind::profile, list.bytes, 0, section_is_required)
      .file();
}

Result<std::vector<ProfilePath>> profile_from_file(std::span<const std::byte> file,
                                                   const std::string &name, std::string_view key) {
  const Result<Container> container = Container::read(file, name);
  if (!container)
    return Failure{container.message()};
  const Section *const named = container->find(SectionKind::key);
  const Section *const list = container->find(SectionKind::profile);
  if (!named || !list)
    return Failure{name + ": a section is missing"};
  for (const Section *section : {named, list})
    if (std::optional<std::string> problem = container->verify(*section))
      return Failure{std::move(*problem)};
  if (!std::ranges::equal(named->bytes, std::as_bytes(std::span(key))))
    return Failure{name + ": the file is of another program"};
  std::vector<ProfilePath> paths;
  ByteReader reader(list->bytes);
  reader.list(paths, [&](ProfilePath &path) {
    pass(reader, path);
    if (paths.size() > most_profile_paths || path.state == ProfilePath::State::lost ||
        path.state > ProfilePath::State::active)
      reader.fail();
  });
  if (!reader.good() || !reader.at_end())
    return Failure{name + ": the list of paths is damaged"};
  return paths;
}

std::vector<ProfilePath> merge_profiles(std::vector<ProfilePath> fresh,
                                        std::vector<ProfilePath> before) {
  std::set<std::pair<std::uint64_t, std::string_view>> known;
  for (const ProfilePath &path : fresh)
    known.insert(identity(path));
  std::vector<ProfilePath> merged;
  std::size_t bytes = 0;
  const auto add = [&](const ProfilePath &path) {
    if (merged.size() == most_profile_paths || path.text.size() > most_profile_bytes - bytes)
      return;
    bytes += path.text.size();
    merged.push_back(path);
  };
  for (const ProfilePath &path : fresh)
    if (path.state != ProfilePath::State::lost)
      add(path);
  for (const ProfilePath &path : before)
    if (!known.contains(identity(path)))
      add(path);
  return merged;
}

} // namespace jit
