"""P12: the merge queue under a virtual clock, with slow gates and red candidates. No peer has one without a forge;
what is compared with is a serial queue (one gate, no groups) and the most that so many gates can do one by one."""
import json
import os
import subprocess

from stage import BENCH, HERE, Table

PARALLEL = 8
KINDS = {
    "serial": ("one gate, one candidate at a time", 1, 1, "#999"),
    "ahead": (f"{PARALLEL} gates, one candidate each", PARALLEL, 1, "#0072b2"),
    "groups": (f"{PARALLEL} gates, groups of up to 8", PARALLEL, 8, "#d55e00"),
}
SHARES = [0, 10, 20, 50, 100, 150, 200, 300, 400]


def landed(kind, red, tasks, seed):
    """Tasks landed in the time of one gate; stops when one commit on the target is red or untested."""
    _, parallel, batch, _ = KINDS[kind]
    done = subprocess.run(
        [BENCH, "queue", "--parallel", str(parallel), "--batch", str(batch), "--red", str(red), "--tasks", str(tasks),
         "--seed", str(seed)], stdout=subprocess.PIPE, text=True, check=True)
    answer = json.loads(done.stdout.strip().split("\n")[-1])
    if answer["red"] or answer["landed"] != tasks:
        raise SystemExit(f"queue {kind}, {red} ‰ red, seed {seed}: {answer}")
    return answer["landed_per_gate_time"]


def merging(count, tasks):
    """Throughput of the merge queue with gates of 60 s (virtual), 5 % of the candidates red."""
    tasks = tasks or 2000
    table = Table(f"{tasks:,} tasks through the merge queue, gates of 60 s under a virtual clock, 5 % red", "landed per gate time")
    rates = {kind: [landed(kind, 50, tasks, seed) for seed in range(1, count + 1)] for kind in KINDS}
    medians = {kind: table.row(KINDS[kind][0], values) for kind, values in rates.items()}
    best = medians["groups"] / PARALLEL
    table.mark(f"groups ÷ the best of {PARALLEL} gates one by one", best, "≥ 0.9", lambda value: value >= 0.9)
    serial = medians["groups"] / medians["serial"]
    table.mark("groups ÷ serial", serial, f"≥ {0.8 * PARALLEL:g}", lambda value: value >= 0.8 * PARALLEL)
    table.notes.append("more than the best one by one, because a gate that passes a group lands several tasks")
    table.notes.append("bench/reports/queue.svg draws the same over the share of red candidates")
    picture({kind: [landed(kind, red, min(tasks, 1000), 1) for red in SHARES] for kind in KINDS})
    return table


def picture(lines):
    """Landed per gate time over the share of red candidates."""
    drawn = [("the best of %d gates one by one" % PARALLEL, "#333", True, [PARALLEL] * len(SHARES))]
    drawn += [(KINDS[kind][0], KINDS[kind][3], False, values) for kind, values in lines.items()]
    draw("queue.svg", "Tasks landed in the time of one gate, by the share of red candidates", SHARES, drawn, SHARES)


def draw(name, title, shares, lines, ticks):
    """A picture in bench/reports. `shares` and `ticks` are in tenths of a percent; a line is (words, colour, whether it
    is dashed, values). Both axes by square root, so that small values show."""
    width, height, left, top, right, bottom = 760, 440, 60, 70, 730, 400
    most = max(max(values) for *_, values in lines)

    def x(share):
        return left + (right - left) * (share / max(shares[-1], ticks[-1])) ** 0.5

    def y(value):
        return bottom - (bottom - top) * (value / most) ** 0.5

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
           f'<rect width="{width}" height="{height}" fill="#fff"/>',
           f'<text x="{left}" y="20" font-size="14">{title}</text>']
    for share in ticks:
        out.append(f'<line x1="{x(share):.0f}" y1="{top}" x2="{x(share):.0f}" y2="{bottom}" stroke="#eee"/>'
                   f'<text x="{x(share):.0f}" y="{bottom + 16}" text-anchor="middle">{share / 10:g} %</text>')
    for value in [1, 2, 4, 8, 16, 32, 64]:
        if value <= most:
            out.append(f'<line x1="{left}" y1="{y(value):.0f}" x2="{right}" y2="{y(value):.0f}" stroke="#eee"/>'
                       f'<text x="{left - 6}" y="{y(value) + 4:.0f}" text-anchor="end">{value}</text>')
    for number, (words, colour, is_dashed, values) in enumerate(lines):
        points = " ".join(f"{x(share):.1f},{y(value):.1f}" for share, value in zip(shares, values))
        dash = ' stroke-dasharray="5 4"' if is_dashed else ""
        column, row = left + 360 * (number % 2), 40 + 18 * (number // 2)
        out.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'
                   f'<line x1="{column}" y1="{row - 4}" x2="{column + 24}" y2="{row - 4}" stroke="{colour}" '
                   f'stroke-width="2"{dash}/><text x="{column + 30}" y="{row}">{words}</text>')
    out.append("</svg>")
    with open(os.path.join(HERE, "reports", name), "w") as file:
        file.write("\n".join(out) + "\n")


LINES = {"P12": merging}
