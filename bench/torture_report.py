"""What the torture bench found, as text, JSON and a picture."""
import collections
import json
import os
import platform
import subprocess


def line(result):
    points = " at " + ", then ".join(result["points"]) if result["points"] else ""
    injuries = ", ".join(result["injuries"]) or "none"
    head = f"seed {result['seed']}{points}: injuries: {injuries}; {result['seconds']:.1f} s"
    return head + "".join(f"\n    {finding}" for finding in result["violations"])


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else None


def commit_of(root):
    """The commit of the sources, with a mark when they differ from it; to be asked before the first trial."""
    return subprocess.run(["git", "-C", root, "describe", "--always", "--abbrev=12", "--dirty", "--exclude=*"],
                          capture_output=True, text=True).stdout.strip()


def summary(results, seed, seconds, commit):
    injuries = collections.Counter(kind for result in results for kind in result["injuries"])
    recoveries = [time for result in results for time in result["recoveries"] if time is not None]
    visited = sorted({point.split(":")[0] for result in results for point in result["visited"]})
    wanted = sorted({point.split(":")[0] for result in results for point in result["points"]})
    return {
        "schema": "coord.torture/1", "commit": commit, "seed": seed, "trials": len(results),
        "seconds": round(seconds, 1), "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.release()}",
        "injuries": dict(sorted(injuries.items())),
        "recovery": {"count": len(recoveries), "p50": percentile(recoveries, 0.5), "p90": percentile(recoveries, 0.9),
                     "p99": percentile(recoveries, 0.99), "max": max(recoveries, default=None)},
        "recoverySeconds": [round(time, 4) for time in sorted(recoveries)],
        "failPoints": {"wanted": len(wanted), "died": len(visited),
                       "neverPassed": [point for point in wanted if point not in visited]},
        "violations": [{"seed": result["seed"], "points": result["points"], "found": result["violations"]}
                       for result in results if result["violations"]],
    }


def seconds_text(value):
    return "–" if value is None else f"{value * 1000:.0f} ms"


def text(summary):
    recovery, points = summary["recovery"], summary["failPoints"]
    rows = [
        f"{summary['trials']} trials in {summary['seconds']:.0f} s from seed {summary['seed']}, commit {summary['commit']}",
        "injuries: " + (", ".join(f"{count} × {kind}" for kind, count in summary["injuries"].items()) or "none"),
        f"recovery to the first lease, {recovery['count']} times: p50 {seconds_text(recovery['p50'])}, "
        f"p90 {seconds_text(recovery['p90'])}, p99 {seconds_text(recovery['p99'])}, max {seconds_text(recovery['max'])}",
    ]
    if points["wanted"]:
        rows.append(f"fail points: died at {points['died']} of {points['wanted']}"
                    + ("; never passed: " + ", ".join(points["neverPassed"]) if points["neverPassed"] else ""))
    rows.append(f"violations: {len(summary['violations'])}")
    return "\n".join(rows)


def histogram(values, title):
    """A picture of how long something took, as SVG; the last bar holds what took longer."""
    width, height, bars = 640, 240, 32
    top = max(percentile(values, 0.995) or 0.001, 0.001)
    counts = [0] * (bars + 1)
    for value in values:
        counts[min(bars, int(value / top * bars))] += 1
    most = max(counts + [1])
    step = (width - 60) / (bars + 1)
    rects = "".join(
        f'<rect x="{40 + number * step:.1f}" y="{height - 40 - count / most * (height - 80):.1f}" '
        f'width="{step - 1:.1f}" height="{count / most * (height - 80):.1f}"><title>{count}</title></rect>'
        for number, count in enumerate(counts))
    labels = "".join(
        f'<text x="{40 + share * (width - 60 - step):.1f}" y="{height - 22}" text-anchor="middle">'
        f'{share * top * 1000:.0f}</text>' for share in (0, 0.25, 0.5, 0.75, 1))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
            f'font-size="12"><rect width="{width}" height="{height}" fill="#fff"/><text x="40" y="24">{title} '
            f'(n = {len(values)})</text><g fill="#6366f1">{rects}</g><g fill="#333">{labels}<text x="{width / 2}" '
            f'y="{height - 6}" text-anchor="middle">milliseconds</text><text x="36" y="48" text-anchor="end">{most}'
            f'</text></g></svg>\n')


def write(folder, name, summary):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name + ".json"), "w") as file:
        json.dump(summary, file, indent=1)
        file.write("\n")
    with open(os.path.join(folder, name + ".svg"), "w") as file:
        file.write(histogram(summary["recoverySeconds"], "From the start of a resumed coordinator to its first lease"))
    with open(os.path.join(folder, name + ".md"), "w") as file:
        rows = text(summary).splitlines()
        file.write(f"# Torture: {rows[0]}\n\nOn {summary['machine']}.\n\n")
        file.writelines(f"- {row}\n" for row in rows[1:])
        for violation in summary["violations"]:
            points = " at " + ", ".join(violation["points"]) if violation["points"] else ""
            file.write(f"- seed {violation['seed']}{points}: {'; '.join(violation['found'])}\n")
        file.write(f"\n![Recovery times]({name}.svg)\n\nOne trial is repeated with `bench/torture --again SEED`.\n")
