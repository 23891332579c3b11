// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finds the groups: greedy, by what the steps so far have touched.
#include "runtime/program/StepGroups.h"

#include <algorithm>
#include <optional>

namespace jit {
namespace {

constexpr std::uint32_t most_steps = 256;

/// Memory that the steps of a group have touched.
class Touched {
public:
  explicit Touched(const Plan &plan) : plan(plan) {}

  /// Whether the step may run beside the others.
  bool admits(const KernelStep &step) const {
    for (std::size_t k = 0; k < step.buffers.size(); ++k)
      if (clashes(place_of(step.buffers[k]), k >= step.inputs))
        return false;
    return true;
  }
  void add(const KernelStep &step) {
    for (std::size_t k = 0; k < step.buffers.size(); ++k)
      places.push_back({place_of(step.buffers[k]), k >= step.inputs});
  }

private:
  struct Place {
    Buffer::Base base;
    std::uint32_t index;
    std::size_t begin, end; ///< in the arena; elsewhere all of it
    bool meets(const Place &other) const {
      return base == other.base && index == other.index && begin < other.end && other.begin < end;
    }
  };
  /// An output may be the input that is given up for it.
  Place place_of(const Buffer &buffer) const {
    if (buffer.base == Buffer::Base::arena)
      return {buffer.base, 0, buffer.arena_offset, buffer.arena_offset + buffer.block_bytes};
    Place place{buffer.base, buffer.index, 0, 1};
    if (buffer.base == Buffer::Base::output && plan.donated_input[buffer.index] >= 0)
      place = {Buffer::Base::input, static_cast<std::uint32_t>(plan.donated_input[buffer.index]), 0,
               1};
    return place;
  }
  bool clashes(const Place &place, bool writes) const {
    return std::ranges::any_of(places, [&](const Access &other) {
      return (writes || other.writes) && place.meets(other.place);
    });
  }

  struct Access {
    Place place;
    bool writes;
  };
  const Plan &plan;
  std::vector<Access> places;
};

/// What a thread would run alone, in work that is worth a thread; nothing if it shares the kernel.
/// The memory of a group's steps lies side by side, so it has to be little.
std::optional<double> work_of_one(const Step &step, const CompiledKernel *kernel) {
  if (!std::holds_alternative<KernelStep>(step.what) || kernel->parts || kernel->chunks() != 1 ||
      kernel->scratch_bytes > 0)
    return std::nullopt;
  return static_cast<double>(kernel->units) / static_cast<double>(kernel->range);
}

/// The pieces of [first, end): each is worth a thread.
std::vector<std::uint32_t> cut(std::uint32_t first, std::span<const double> work) {
  std::vector<std::uint32_t> pieces{first};
  double sum = 0;
  for (std::size_t k = 0; k < work.size(); ++k) {
    if (sum >= 1) {
      pieces.push_back(first + static_cast<std::uint32_t>(k));
      sum = 0;
    }
    sum += work[k];
  }
  // What is left over goes to the piece before.
  if (sum < 0.5 && pieces.size() > 1)
    pieces.pop_back();
  pieces.push_back(first + static_cast<std::uint32_t>(work.size()));
  return pieces;
}

} // namespace

std::vector<StepGroup> find_groups(const Plan &plan,
                                   std::span<const CompiledKernel *const> kernels) {
  std::vector<StepGroup> groups;
  for (std::uint32_t first = 0; first < plan.steps.size();) {
    Touched touched(plan);
    std::vector<double> work;
    std::uint32_t end = first;
    for (; end < plan.steps.size() && end - first < most_steps; ++end) {
      const auto one = work_of_one(plan.steps[end], kernels[end]);
      const auto *step = std::get_if<KernelStep>(&plan.steps[end].what);
      if (!one || !touched.admits(*step))
        break;
      touched.add(*step);
      work.push_back(*one);
    }
    const StepGroup group{first, end, cut(first, work)};
    if (group.count_pieces() > 1)
      groups.push_back(group);
    first = std::max(end, first + 1);
  }
  return groups;
}

} // namespace jit
