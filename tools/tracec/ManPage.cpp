// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/tracec/ManPage.h"

#include "runtime/base/Version.h"

#include <CLI/CLI.hpp>

namespace tracec {
namespace {

/// As text: nothing in it is a command of troff, and signs stay what they are.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool begins = result.empty() || result.back() == '\n';
    if (begins && (c == '.' || c == '\''))
      result += "\\&";
    if (c == '\\')
      result += "\\e";
    else if (c == '-')
      result += "\\-";
    else
      result += c;
  }
  return result;
}

/// What stands in `help` from `begin` up to `end`, without both; empty: to its own end.
std::string_view part(std::string_view help, std::string_view begin, std::string_view end) {
  const std::size_t at = help.find(begin) + begin.size();
  return help.substr(at, end.empty() ? help.npos : help.find(end, at) - at);
}

void add_options(const CLI::App &command, std::string &page) {
  for (const CLI::Option *option : command.get_options()) {
    if (option->get_positional())
      continue;
    const std::string type = option->get_type_name();
    page += ".TP\n\\fB" + escaped(option->get_name(false, true)) + "\\fR" +
            (type.empty() ? "" : " \\fI" + escaped(type) + "\\fR") + "\n" +
            escaped(option->get_description()) +
            (option->get_required() ? " (has to be given)" : "") + ".\n";
  }
}

} // namespace

std::string man_page(const CLI::App &app, std::string_view help) {
  std::string page =
      ".TH TRACEC 1 \"\" \"tracejit " + std::string(jit::library_version) +
      "\" \"User Commands\"\n.SH NAME\ntracec \\- run, compare, show, time and compile "
      "traces of tracejit\n.SH SYNOPSIS\n.B tracec\n.I COMMAND FILE\n[\\fIOPTION\\fR...]\n"
      ".SH DESCRIPTION\n" +
      escaped(help.substr(0, help.find('\n'))) +
      "\nThey are written by jit::save_trace and by programs run with "
      "TRACEJIT_SAVE=\\fIDIR\\fR; FILE \\- is standard input.\n.SH COMMANDS\n";
  for (const CLI::App *command : app.get_subcommands([](const CLI::App *) { return true; })) {
    page += ".SS tracec " + command->get_name() + "\n" + escaped(command->get_description()) + "\n";
    add_options(*command, page);
  }
  page += ".SH OPTIONS\n";
  add_options(app, page);
  page += ".TP\n\\fB\\-\\-man\\fR\nThis page, for man(1).\n";
  page += ".SH EXIT STATUS\n" + escaped(part(help, "Exit codes: ", "\n")) + "\n";
  page += ".SH ENVIRONMENT\n.TP\n.B TRACEJIT, TRACEJIT_LOG\nOptions of the library.\n"
          ".TP\n.B CC\nThe linker of \\fBcompile \\-\\-emit=shared\\fR, unless \\-\\-linker names "
          "one.\n";
  page += ".SH EXAMPLES\n.nf\n" + escaped(part(help, "Examples\n", "")) + ".fi\n";
  return page + ".SH SEE ALSO\nThe guides in the folder of documents: offline.md, trace-format.md, "
                "cache.md.\n";
}

} // namespace tracec
