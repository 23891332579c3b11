// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gradients: Tape, grad and value_and_grad.
#pragma once

#include <tracejit/tensor.h>

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <ranges>
#include <source_location>
#include <utility>
#include <vector>

#pragma GCC visibility push(default)
namespace jit {

namespace autograd {
class TapeList;
}

namespace detail {
/// A number that no other Variable has or had.
std::uint64_t identity_of(const Variable &variable) noexcept;
} // namespace detail

/// What to differentiate with respect to: tensors and Variables (the value they hold now or, if the
/// target does not depend on that one, the last one before it that it does depend on), given as a
/// list `{w, b}` or as any range of them or of pointers to Variables.
class Sources {
public:
  struct Source {
    Tensor value;
    std::uint64_t variable = 0; ///< which one it is the value of; 0: none
    Source(const Tensor &tensor) : value(tensor) {}
    Source(const Variable &variable)
        : value(variable.value()), variable(detail::identity_of(variable)) {}
    Source(const Variable *variable) : Source(*variable) {}
  };
  Sources(std::initializer_list<Source> list) : sources(list) {}
  template <std::ranges::input_range R>
    requires std::constructible_from<Source, std::ranges::range_reference_t<const R>>
  Sources(const R &range) {
    for (auto &&source : range)
      sources.push_back(Source(source));
  }
  const std::vector<Source> &list() const noexcept { return sources; }

private:
  std::vector<Source> sources;
};

/// Records ops on this thread from its construction on, as far as they depend on floating-point
/// values of trainable Variables and on watched tensors. A value is known by its identity: copies
/// of a handle are the same value, and two Variables that hold one value share its gradient. On
/// other threads recorded values are constants.
class Tape {
public:
  /// Throws if 255 tapes are open on this thread.
  Tape(std::source_location site = std::source_location::current());
  ~Tape();
  Tape(const Tape &) = delete;

  /// Records what depends on the tensor from now on. Throws if it is empty or not of a floating
  /// dtype.
  void watch(const Tensor &tensor, std::source_location site = std::source_location::current());

  /// The gradients of the sum of target's elements (of target itself if it is one number), each of
  /// its source's shape and dtype; zeros for a source on which the target does not depend. Uses up
  /// the tape: it records no further, what it kept is let go, and a second call throws. The calls
  /// of this function are recorded by the tapes around it. Throws if the target or a source is
  /// empty or not of a floating dtype, or if the tape never saw a source: a tensor must be watched
  /// before it is used.
  std::vector<Tensor> gradient(const Tensor &target, const Sources &sources,
                               std::source_location site = std::source_location::current());

private:
  std::vector<Tensor> use_up(const Tensor &target, const Sources &sources,
                             const std::source_location &site);
  void close() noexcept;
  void check_usable(const char *function, const std::source_location &site) const;

  std::shared_ptr<autograd::TapeList> list;
  std::uint32_t begin = 0;
  const char *consumed_file = nullptr; ///< where gradient() was called
  std::uint32_t consumed_line = 0;
};

/// While one lives, the tapes around it record nothing on this thread; a Tape opened inside does.
class NoGrad {
public:
  NoGrad() noexcept;
  ~NoGrad();
  NoGrad(const NoGrad &) = delete;

private:
  friend class autograd::TapeList;
  std::shared_ptr<autograd::TapeList> outer;
  NoGrad *around; ///< the next one on this thread
};

/// The same elements as a constant. Shares memory.
Tensor stop_gradient(Operand x);

namespace detail {

/// Another value with the same elements that tapes follow to x: an argument must not be taken for
/// another argument or for a captured tensor.
Tensor fresh_argument(const Tensor &x, const std::source_location &site);
inline Tensor fresh_argument(const Variable &x, const std::source_location &site) {
  return fresh_argument(x.value(), site);
}
template <Number T> Tensor fresh_argument(T x, const std::source_location &site) {
  return Tensor(Scalar(x), {}, site);
}

[[noreturn]] void throw_bad_argnum(int argnum, std::size_t arguments,
                                   const std::source_location &site);

template <class F, class... A>
std::pair<Tensor, std::vector<Tensor>> differentiate(const F &f, const std::vector<int> &argnums,
                                                     const std::source_location &site,
                                                     const A &...arguments) {
  std::vector<Tensor> values{fresh_argument(arguments, site)...};
  std::vector<Tensor> sources;
  for (int argnum : argnums) {
    if (argnum < 0 || static_cast<std::size_t>(argnum) >= values.size())
      throw_bad_argnum(argnum, values.size(), site);
    sources.push_back(values[static_cast<std::size_t>(argnum)]);
  }
  Tape tape(site);
  for (const Tensor &source : sources)
    tape.watch(source, site);
  Tensor target = [&]<std::size_t... I>(std::index_sequence<I...>) {
    return Tensor(std::invoke(f, values[I]...));
  }(std::index_sequence_for<A...>{});
  std::vector<Tensor> gradients = tape.gradient(target, sources, site);
  return {std::move(target), std::move(gradients)};
}

} // namespace detail

namespace detail {

/// The gradients of a function's arguments, of its arguments, its results and the gradients of
/// those. An empty tensor stands for zeros.
using GradientFunction = std::function<std::vector<Tensor>(
    const std::vector<Tensor> &inputs, const std::vector<Tensor> &outputs,
    const std::vector<Tensor> &output_gradients)>;

/// What `forward` gives of the inputs; tapes call `gradient` for what they do not see of it.
std::vector<Tensor>
call_with_gradient(const std::vector<Tensor> &inputs,
                   const std::function<std::vector<Tensor>(const std::vector<Tensor> &)> &forward,
                   const std::shared_ptr<const GradientFunction> &gradient,
                   const std::source_location &site);

template <class G> GradientFunction as_gradient_function(G g) {
  if constexpr (std::convertible_to<G, GradientFunction>) {
    return g;
  } else {
    static_assert(
        std::invocable<G &, const Tensor &, const Tensor &, const Tensor &>,
        "custom_gradient: the gradient takes (input, output, output_gradient) and gives a "
        "Tensor, or takes three std::vector<Tensor> and gives one");
    return [g = std::move(g)](const std::vector<Tensor> &inputs, const std::vector<Tensor> &outputs,
                              const std::vector<Tensor> &gradients) mutable {
      return std::vector<Tensor>{g(inputs.at(0), outputs.at(0), gradients.at(0))};
    };
  }
}

} // namespace detail

/// f, with a gradient given by hand. f takes tensors and gives a Tensor or a vector of them; tapes
/// do not look into it. g gives the gradients of the arguments: as a vector, from the vectors of
/// arguments, of results and of the gradients of the results; or, for one argument and one result,
/// as a Tensor from the three. It can be differentiated again as far as g uses ops. Other tensors
/// that f captures are constants. Throws at gradient() if g gives another number of gradients, or
/// one of another shape than its argument.
template <class F, class G>
auto custom_gradient(F f, G g, std::source_location site = std::source_location::current()) {
  auto gradient =
      std::make_shared<const detail::GradientFunction>(detail::as_gradient_function(std::move(g)));
  return [f = std::move(f), gradient, site](const std::convertible_to<Tensor> auto &...arguments) {
    using Result = decltype(std::invoke(f, Tensor(arguments)...));
    const auto forward = [&f](const std::vector<Tensor> &values) {
      return [&]<std::size_t... I>(std::index_sequence<I...>) {
        if constexpr (std::convertible_to<Result, Tensor>)
          return std::vector<Tensor>{std::invoke(f, values[I]...)};
        else
          return std::vector<Tensor>(std::invoke(f, values[I]...));
      }(std::make_index_sequence<sizeof...(arguments)>{});
    };
    std::vector<Tensor> results =
        detail::call_with_gradient({Tensor(arguments)...}, forward, gradient, site);
    if constexpr (std::convertible_to<Result, Tensor>)
      return std::move(results[0]);
    else
      return results;
  };
}

/// A function of tensors, Variables and numbers (as f32 tensors) that returns f's value and its
/// gradients with respect to the arguments listed. Composes: the result can be differentiated
/// again. f is called as a const object.
template <class F>
auto value_and_grad(F f, std::vector<int> argnums,
                    std::source_location site = std::source_location::current()) {
  return [f = std::move(f), argnums = std::move(argnums), site](const auto &...arguments) {
    return detail::differentiate(f, argnums, site, arguments...);
  };
}
/// The value and the gradient with respect to the first argument.
template <class F>
auto value_and_grad(F f, std::source_location site = std::source_location::current()) {
  return [f = std::move(f), site](const auto &...arguments) -> std::pair<Tensor, Tensor> {
    auto [value, gradients] = detail::differentiate(f, {0}, site, arguments...);
    return {std::move(value), std::move(gradients[0])};
  };
}
/// As value_and_grad, without the value.
template <class F>
auto grad(F f, std::vector<int> argnums,
          std::source_location site = std::source_location::current()) {
  return [f = std::move(f), argnums = std::move(argnums), site](const auto &...arguments) {
    return detail::differentiate(f, argnums, site, arguments...).second;
  };
}
template <class F> auto grad(F f, std::source_location site = std::source_location::current()) {
  return [f = std::move(f), site](const auto &...arguments) -> Tensor {
    return std::move(detail::differentiate(f, {0}, site, arguments...).second[0]);
  };
}

} // namespace jit
#pragma GCC visibility pop
