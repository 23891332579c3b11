# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The chart of `tools/dev bench --peers`: a line for each row, a dot for each peer.
import math
from xml.sax.saxutils import escape

COLOURS = ["#1b9e77", "#d95f02", "#7570b3", "#e7298a", "#66a61e", "#e6ab02", "#a6761d", "#1f78b4", "#888888"]
LEFT, WIDTH, RIGHT, LINE, TOP = 340, 520, 30, 20, 90
LOW, HIGH = 0.25, 16.0  # speeds at the edges; what lies beyond is drawn there


def position(speed):
    share = math.log(min(max(speed, LOW), HIGH) / LOW) / math.log(HIGH / LOW)
    return LEFT + share * WIDTH


def text(x, y, words, anchor="start", weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">'
            f'{escape(words)}</text>')


def grid(height):
    speed = LOW
    while speed <= HIGH:
        x = position(speed)
        colour = "#000" if speed == 1 else "#ddd"
        yield f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{height - 10}" stroke="{colour}"/>'
        yield text(x, TOP - 8, f"{speed:g}", "middle")
        speed *= 2


def legend(names):
    for number, (name, colour) in enumerate(names.items()):
        x, y = 20 + 150 * (number % 6), 40 + 18 * (number // 6)
        yield f'<circle cx="{x}" cy="{y - 4}" r="5" fill="{colour}"/>'
        yield text(x + 10, y, name)


def dots(result, y, colours):
    ours = result.our_seconds()
    for name, side in result.peers.items():
        if side.least() and ours and name in colours:
            yield (f'<circle cx="{position(side.least() / ours):.1f}" cy="{y - 4}" r="5" '
                   f'fill="{colours[name]}" fill-opacity="0.8"><title>{escape(name)}</title></circle>')


def chart(results):
    """SVG text. Right of the line at 1 a peer takes longer than ours."""
    names = list(dict.fromkeys(name for result in results for name in result.peers if ", " not in name))
    colours = dict(zip(names, COLOURS))
    height = TOP + LINE * (len(results) + 1)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + RIGHT}" height="{height}" '
             'font-family="sans-serif" font-size="12">', '<rect width="100%" height="100%" fill="#fff"/>',
             text(20, 20, "Time of each peer by ours: right of 1 ours is faster", weight="bold"),
             *legend(colours), *grid(height)]
    for number, result in enumerate(results):
        y = TOP + LINE * (number + 1)
        threads = f", {result.threads} thread" + ("s" if result.threads > 1 else "")
        lines += [text(LEFT - 10, y, result.row.name + threads, "end"), *dots(result, y, colours)]
        if not result.best():
            lines.append(text(LEFT + 5, y, "not measured"))
    return "\n".join([*lines, "</svg>"]) + "\n"
