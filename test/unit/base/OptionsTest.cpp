// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The table of options: every row can be set, shown and read back; bad words are named.
#include "runtime/base/Options.h"

#include <gtest/gtest.h>

#include <set>

using namespace jit;

namespace {

std::string error_of(std::string_view text) {
  Options options, before = options;
  const std::optional<std::string> error = parse_options(text, options);
  EXPECT_TRUE(options == before) << text; // nothing changes on an error
  return error.value_or("");
}

bool contains(const std::string &text, std::string_view part) {
  return text.find(part) != text.npos;
}

} // namespace

TEST(Options, DefaultsAreThoseOfTheDesign) {
  Options options;
  EXPECT_EQ(parse_options("", options), std::nullopt);
  EXPECT_EQ(options.mode, Mode::on);
  EXPECT_EQ(options.isa, IsaChoice::automatic);
  EXPECT_EQ(options.threshold, -1);
  EXPECT_TRUE(options.trial && options.budget);
  EXPECT_EQ(to_text(options), "");
}

TEST(Options, BareWordIsAMode) {
  for (const auto &[text, mode] : {std::pair("off", Mode::off), std::pair("log", Mode::log),
                                   std::pair("on", Mode::on), std::pair("check", Mode::check)}) {
    Options options;
    EXPECT_EQ(parse_options(text, options), std::nullopt);
    EXPECT_EQ(options.mode, mode);
  }
}

TEST(Options, ListSetsEveryOption) {
  Options options;
  const std::string text = "mode=check,isa=v3,threads=4,trial=off,budget=off,threshold=0,"
                           "flush_every=1,disable=fuse+cse,schedule=lanes:32+rows:0,save=a "
                           "b/c,compiler=/x/y.so,cache=/c,report=r.json";
  ASSERT_EQ(parse_options(text, options), std::nullopt);
  EXPECT_EQ(options.mode, Mode::check);
  EXPECT_EQ(options.isa, IsaChoice::v3);
  EXPECT_EQ(options.threads, 4);
  EXPECT_FALSE(options.trial || options.budget);
  EXPECT_EQ(options.threshold, 0);
  EXPECT_EQ(options.flush_every, 1);
  EXPECT_EQ(options.disable, (std::vector<std::string>{"fuse", "cse"}));
  EXPECT_EQ(options.save, "a b/c");
  EXPECT_EQ(options.compiler, "/x/y.so");
  EXPECT_EQ(options.report, "r.json");
  EXPECT_EQ(to_text(options), text);
  Options again;
  EXPECT_EQ(parse_options(to_text(options), again), std::nullopt);
  EXPECT_TRUE(again == options);
  EXPECT_EQ(code_key(options), "isa=v3,disable=fuse+cse,schedule=lanes:32+rows:0");
}

TEST(Options, LaterEntriesWinAndModeMixesWithOthers) {
  Options options;
  ASSERT_EQ(parse_options("threads=2,log,threads=3,disable=", options), std::nullopt);
  EXPECT_EQ(options.mode, Mode::log);
  EXPECT_EQ(options.threads, 3);
  EXPECT_TRUE(options.disable.empty());
}

TEST(Options, ErrorsNameTheWordAndTheValidOnes) {
  EXPECT_TRUE(contains(error_of("fast"), "'fast'"));
  EXPECT_TRUE(contains(error_of("fast"), "off|log|on|check"));
  EXPECT_TRUE(contains(error_of("foo=1"), "'foo=1'"));
  for (const OptionInfo &option : option_table())
    EXPECT_TRUE(contains(error_of("foo=1"), option.name));
  EXPECT_TRUE(contains(error_of("isa=v5"), "auto|v3|v4"));
  EXPECT_TRUE(contains(error_of("threads=2,isa=v5"), "isa=v5"));
}

TEST(Options, MalformedTextIsRefused) {
  for (const char *text : {",",
                           "on,",
                           ",on",
                           "on,,on",
                           "threads=",
                           "threads=65",
                           "threads=-1",
                           "threads=1x",
                           "threads= 1",
                           "threads=99999999999999999999",
                           "isa=",
                           "trial=yes",
                           "mode",
                           "ON",
                           " on",
                           "on ",
                           "=",
                           "=on",
                           "disable=+",
                           "disable=cse+",
                           "disable=+cse",
                           "disable=cse++fuse",
                           "disable=CSE",
                           "threshold=1000000001",
                           "flush_every=0x1"})
    EXPECT_NE(error_of(text), "") << text;
}

TEST(Options, TableIsComplete) {
  std::set<std::string_view> names;
  for (const OptionInfo &option : option_table()) {
    EXPECT_TRUE(names.insert(option.name).second);
    EXPECT_FALSE(option.help.empty());
    // The default is a value that can be set.
    Options options;
    EXPECT_EQ(option.set(options, option.get(Options{})), std::nullopt) << option.name;
    EXPECT_TRUE(options == Options{}) << option.name;
  }
}

namespace {

int report_environment() {
  const Options &read = options();
  std::fprintf(stderr, "[%s] save=%s error=%s", to_text(read).c_str(), read.save.c_str(),
               environment_error().value_or("none").c_str());
  return 0;
}

} // namespace

TEST(OptionsDeathTest, EnvironmentIsReadOnce) {
  testing::FLAGS_gtest_death_test_style = "threadsafe"; // a fresh process reads it afresh
  setenv("TRACEJIT", "log,threads=3", 1);
  setenv("TRACEJIT_SAVE", "dir", 1);
  setenv("TRACEJIT_CACHE", "/there", 1);
  setenv("TRACEJIT_LOG", "trace=info", 1);
  EXPECT_EXIT(std::exit(report_environment()), testing::ExitedWithCode(0),
              "\\[mode=log,threads=3,save=dir,cache=/there\\] save=dir error=none");
  setenv("TRACEJIT", "threads=3,what", 1);
  setenv("TRACEJIT_LOG", "loud", 1);
  EXPECT_EXIT(std::exit(report_environment()), testing::ExitedWithCode(0),
              "\\[save=dir,cache=/there\\] save=dir error=TRACEJIT: 'what'.*TRACEJIT_LOG: 'loud'");
  for (const char *name : {"TRACEJIT", "TRACEJIT_SAVE", "TRACEJIT_CACHE", "TRACEJIT_LOG"})
    unsetenv(name);
}
