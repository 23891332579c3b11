# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Option report: the file is there when the process has ended, in whatever way; JSON parses, and every
# number of the text is in it.
# Usage: ReportAtExit.py PROGRAM
import json
import os
import pathlib
import subprocess
import sys
import tempfile

PROGRAM = os.path.abspath(sys.argv[1])


def run(way, report, folder, code=0):
    environment = {**os.environ, "TRACEJIT": f"report={report}", "TRACEJIT_LOG": "error"}
    if way == "fork": # what other threads held is nobody's in a child, and looks like a leak
        environment["ASAN_OPTIONS"] = environment.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    result = subprocess.run([PROGRAM, way], cwd=folder, env=environment, timeout=120, text=True,
                            stderr=subprocess.PIPE)
    assert result.returncode == code, f"{way}: exit code {result.returncode}\n{result.stderr}"
    return result.stderr


def only_trace(report):
    return next(trace for trace in report["traces"] if trace["name"] == "ends")


def check_json(way, folder, code=0):
    file = folder / f"{way}.json"
    errors = run(way, file.name, folder, code)
    assert errors == "", f"{way}: {errors}"
    report = json.loads(file.read_text(encoding="utf-8"))
    assert report["version"] == 1 and report["mode"] == "on", report
    assert report["compiler"] in ("opening", "ready"), report # not that it has been stopped
    trace = only_trace(report)
    assert trace["calls"] >= 3 and (trace["starts"] or report["busy_starts"]), report
    for start in trace["starts"]:
        assert start["compiled"] <= start["runs"], start
        for path in start["paths"]:
            assert path["reason"] != "no_compiler", path
            assert (path["reason"] == "") == (path["state"] in ("active", "trial")), path
    assert [f.name for f in folder.iterdir()] == [file.name], "something else was left"
    return report


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for way, code in (("", 0), ("return", 0), ("beside", 0), ("thread", 3), ("inside", 3),
                          ("fork", 0), ("elsewhere", 0)):
            report = check_json(way, folder, code)
            if way == "return":
                paths = only_trace(report)["starts"][0]["paths"]
                assert sum(path["compiled"] for path in paths) >= 3, report
            if way == "fork":
                assert only_trace(report)["calls"] == 3, "a child has written it"
            (folder / f"{way}.json").unlink()
        run("return", "report.txt", folder)
        text = (folder / "report.txt").read_text(encoding="utf-8")
        assert text.startswith("mode on, ") and "\nends at ReportAtExit.cpp:" in text, text
        errors = run("", "missing/report.json", folder)
        assert errors.count("\n") == 1 and "no report was written: " in errors, errors
        assert "missing/report.json" in errors, errors
    print("9 reports")


main()
