"""From samples to tables, and the tables into RESULTS.md."""
import re
import statistics

from .rounds import DISTURBED
from .scenes import FLOOR, PGBOUNCER, PGWEIR, UNTRACKED


def first_case(samples):
    return samples[0]["case"]


def paired(samples, case, contender, value, base):
    """Ratios within each round, so that what drifts between rounds cancels out. `base` is (case, contender)."""
    below = {s["round"]: s[value] for s in samples if (s["case"], s["contender"]) == base and s.get(value)}
    return [s[value] / below[s["round"]] for s in samples
            if (s["case"], s["contender"]) == (case, contender) and s.get(value) and s["round"] in below]


def plain(value):
    return lambda samples, case, contender: [s[value] for s in samples if (s["case"], s["contender"]) ==
                                             (case, contender) and s.get(value) is not None]


def cpu_to(base):
    return lambda samples, case, contender: paired(samples, case, contender, "cpu_us", (case, base))


def cpus(samples, case, contender):
    return [s["cpu_us"] * s["rate"] / 1e6 for s in samples
            if (s["case"], s["contender"]) == (case, contender) and s.get("cpu_us")]


def p99_to_p50(samples, case, contender):
    return [s["p99_us"] / s["p50_us"] for s in samples
            if (s["case"], s["contender"]) == (case, contender) and s.get("p50_us")]


# name: (heading, values of one row, format of one value)
COLUMNS = {
    "cpu_us": ("us CPU each", plain("cpu_us"), "{:.2f}"),
    "to_floor": ("CPU to floor", cpu_to(FLOOR), "{:.2f}"),
    "to_pgbouncer": ("CPU to PgBouncer", cpu_to(PGBOUNCER), "{:.2f}"),
    "to_untracked": ("CPU to untracked", cpu_to(UNTRACKED), "{:.2f}"),
    "to_pgweir": ("CPU to plain pgweir", cpu_to(PGWEIR), "{:.2f}"),
    "rate": ("per second", plain("rate"), "{:.0f}"),
    "rate_to_pgbouncer": ("rate to PgBouncer",
                          lambda samples, case, contender: paired(samples, case, contender, "rate", (case, PGBOUNCER)),
                          "{:.2f}"),
    "rate_to_pgweir": ("rate to plain pgweir",
                       lambda samples, case, contender: paired(samples, case, contender, "rate", (case, PGWEIR)),
                       "{:.2f}"),
    "cpus": ("CPUs", cpus, "{:.2f}"),
    "goodput": ("goodput", lambda samples, case, contender: paired(samples, case, contender, "rate",
                                                                   (first_case(samples), contender)), "{:.2f}"),
    "p50_us": ("p50, us", plain("p50_us"), "{:.0f}"),
    "p99_us": ("p99, us", plain("p99_us"), "{:.0f}"),
    "p99_to_p50": ("p99 / p50", p99_to_p50, "{:.2f}"),
    "refused": ("clients refused", plain("refused"), "{:.0f}"),
    "hit_share": ("hits", plain("hit_share"), "{:.1%}"),
    "executed": ("executed by PostgreSQL", plain("executed"), "{:.0f}"),
    "last_ms": ("last answer, ms", plain("last_ms"), "{:.0f}"),
    "idle_bytes": ("bytes, logged in", plain("idle_bytes"), "{:.0f}"),
    "used_bytes": ("bytes, after a query", plain("used_bytes"), "{:.0f}"),
}


def undisturbed(samples):
    """Leaves out the disturbed samples of a row, as long as three stay."""
    kept = []
    for row in dict.fromkeys((s["case"], s["contender"]) for s in samples):
        own = [s for s in samples if (s["case"], s["contender"]) == row]
        quiet = [s for s in own if s["foreign"] < DISTURBED]
        kept += quiet if len(quiet) >= 3 else own
    return kept


def cell(values, form):
    if not values:
        return "-"
    median, low, high = (form.format(f(values)) for f in (statistics.median, min, max))
    return median if low == high else f"{median} ({low}..{high})"


def rows(scene, samples):
    """[{"case":, "contender":, column: [values]}] in the order of the measurements."""
    samples = undisturbed(samples)
    result = []
    for case, contender in dict.fromkeys((s["case"], s["contender"]) for s in samples):
        row = {"case": case, "contender": contender}
        for column in scene.columns:
            row[column] = COLUMNS[column][1](samples, case, contender)
        result.append(row)
    order = list(dict.fromkeys(row["contender"] for row in sorted(
        result, key=lambda row: ("direct", FLOOR, PGBOUNCER).index(row["contender"])
        if row["contender"] in ("direct", FLOOR, PGBOUNCER) else 3)))
    cases = list(dict.fromkeys(row["case"] for row in result))
    return sorted(result, key=lambda row: (cases.index(row["case"]), order.index(row["contender"])))


def markdown_table(lines):
    head, *body = lines
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *body])


def scene_table(scene, table):
    used = [column for column in scene.columns if any(row[column] for row in table)]
    lines = [["case", "contender"] + [COLUMNS[column][0] for column in used]]
    for row in table:
        lines.append([row["case"], row["contender"]] + [cell(row[column], COLUMNS[column][2]) for column in used])
    return markdown_table(lines)


def circumstances(samples, seconds):
    rounds = max(s["round"] for s in samples) + 1
    disturbed = sum(s["foreign"] >= DISTURBED for s in samples)
    others = statistics.mean(s["foreign"] for s in samples)
    return (f"{rounds} rounds of {seconds:g} s in turn; median (min..max). Others took {others:.0%} of the machine on "
            f"average, more than {DISTURBED:.0%} in {disturbed} of {len(samples)} runs.")


def section(scene, samples, seconds, versions):
    names = ", ".join(f"{name} {version}" for name, version in versions.items())
    return (f"## {scene.title}\n\n{scene.about}\n{names}. {circumstances(samples, seconds)}\n\n"
            f"{scene_table(scene, rows(scene, samples))}\n")


def replace_section(text, name, body):
    """Puts `body` between the marks of that name; everything outside of marks is a person's and stays."""
    begin, end = f"<!-- measured: {name} -->", f"<!-- end: {name} -->"
    block = f"{begin}\n{body}{end}"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if pattern.search(text):
        return pattern.sub(lambda _: block, text)
    return text.rstrip("\n") + "\n\n" + block + "\n"
