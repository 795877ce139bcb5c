// Runs our program and its peers in turn, round after round, and prints medians and ratios. Called by scripts/bench-risk.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..", "..");
const [folder, ...rest] = process.argv.slice(2);
const record = rest.includes("--record");
const rounds = Number(rest.find((argument) => argument !== "--record") ?? 7);
if (!Number.isInteger(rounds) || rounds < 5) {
  console.error("bench-risk takes a whole number of rounds, 5 or more, and --record.");
  process.exit(2);
}

const inputs = join(folder, "inputs");
const ours = join(root, "artifacts", "dotnet", "bin", "KeeperOracle.Benchmarks", "release", "KeeperOracle.Benchmarks");
// Some machines name an OpenBLAS kernel in the environment: numpy shall choose the one of this processor.
const { OPENBLAS_CORETYPE, OPENBLAS_L2_SIZE, ...environment } = process.env;
const run = (program, ...args) =>
  execFileSync(program, [...args, inputs], { encoding: "utf8", env: environment, stdio: ["ignore", "pipe", "inherit"] });

execFileSync(ours, ["inputs", inputs], { stdio: "inherit" });
const programs = [
  ["ours", () => run(ours, "peer", "greeks") + run(ours, "peer", "revalue") + run(ours, "peer", "garch") + run(ours, "peer", "book")],
  ["c", () => run(join(folder, "ceiling"), "greeks") + run(join(folder, "ceiling"), "revalue")],
  ["numpy", () => run("/usr/bin/python3", join(here, "numpy_peer.py"), "greeks") + run("/usr/bin/python3", join(here, "numpy_peer.py"), "revalue")],
  ["quantlib", () => run(join(folder, "quantlib"), "greeks") + run(join(folder, "quantlib"), "garch")],
  ["r", () => run("Rscript", join(here, "garch_peer.R"))],
];

const rates = new Map();
const checksums = new Map();
for (let round = 1; round <= rounds; round++) {
  for (const [name, measure] of programs) {
    process.stderr.write(`round ${round}/${rounds}: ${name}\n`);
    for (const line of measure().trim().split("\n")) {
      const [who, workload, rate, checksum] = line.trim().split(/\s+/);
      const key = `${who} ${workload}`;
      if (!rates.has(key)) rates.set(key, []);
      rates.get(key).push(Number(rate));
      checksums.set(key, Number(checksum));
    }
  }
}

// The same work: sums of all results agree, or the comparison means nothing. QuantLib's engine prices whole days and only a part of the options.
const differences = [];
for (const [workload, peers] of [["greeks", ["c", "numpy", "quantlib-calculator"]], ["revalue", ["c", "numpy", "ours-two-threads"]]]) {
  const own = checksums.get(`ours ${workload}`);
  for (const peer of peers) {
    const relative = Math.abs(checksums.get(`${peer} ${workload}`) - own) / Math.abs(own);
    differences.push(`${workload} ${peer} ${relative.toExponential(1)}`);
    if (!(relative < 1e-10)) {
      console.error(`${peer} computes something else in ${workload}: its sum differs by ${relative}`);
      process.exit(1);
    }
  }
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const ratios = (own, peer) => rates.get(own).map((rate, i) => rate / rates.get(peer)[i]);
const row = (what, own, peer, aim) => {
  const all = ratios(own, peer);
  const middle = median(all);
  const met = aim === undefined ? "" : middle >= aim ? "yes" : "**no**";
  const against = peer.split(" ")[0];
  return `| ${what} | ${against} | ${middle.toFixed(2)} | ${Math.min(...all).toFixed(2)} to ${Math.max(...all).toFixed(2)} | ${aim === undefined ? "" : `${aim}`} | ${met} |`;
};
const bookMicroseconds = 1e6 / median(rates.get("ours book"));

const table = [
  "| work | against | ours is times as fast | of the rounds | aim | met |",
  "|---|---|---|---|---|---|",
  row("price, delta, gamma, vega, theta", "ours greeks", "numpy greeks", 2.5),
  row("price, delta, gamma, vega, theta", "ours greeks", "quantlib-calculator greeks", 15),
  row("price, delta, gamma, vega, theta", "ours greeks", "quantlib-engine greeks"),
  row("price, delta, gamma, vega, theta", "ours greeks", "c greeks"),
  row("10,000 accounts x 20 options x 23 scenarios, one thread", "ours revalue", "numpy revalue", 4),
  row("10,000 accounts x 20 options x 23 scenarios, one thread", "ours revalue", "c revalue"),
  row("the same, two threads", "ours-two-threads revalue", "ours revalue", 1.7),
  row("GARCH(1,1), 2,000 points, three kinds of errors", "ours garch", "tseries garch", 2),
  row("GARCH(1,1), 2,000 points, three kinds of errors", "ours garch", "fgarch garch"),
  row("GARCH(1,1), 2,000 points, three kinds of errors", "ours garch", "quantlib garch"),
].join("\n");

const version = (command, ...args) => {
  try {
    return execFileSync(command, args, { encoding: "utf8", env: environment }).trim().split("\n").pop();
  } catch {
    return "unknown";
  }
};
const debian = (name) => version("dpkg-query", "-W", "-f", "${Version}", name);
const flags = readFileSync("/proc/cpuinfo", "utf8");
const text = `# scripts/bench-risk

Machine: ${cpus()[0].model.trim()}, ${cpus().length} cores, AVX-512 ${/avx512f/.test(flags) ? "yes" : "no"}; .NET ${version("dotnet", "--version")}, QuantLib ${debian("libquantlib0-dev")},
numpy ${debian("python3-numpy")} with scipy ${debian("python3-scipy")} (one thread, the best of several batch sizes), R packages tseries ${debian("r-cran-tseries")} and fGarch ${debian("r-cran-fgarch")},
gcc ${debian("gcc")} with -O3 -march=native -ffast-math over libmvec. ${rounds} rounds, peers one after the other in each, the best time of a process
counts for its round; ratios are medians over the rounds. More than one is in our favour. tseries gives one kind of standard errors, QuantLib none.

${table}

31 scenarios x 80 legs, one full margin of a prepared book: ${bookMicroseconds.toFixed(1)} microseconds (aim: at most 50, ${bookMicroseconds <= 50 ? "met" : "**not met**"}).
Sums of all results against ours, relative: ${differences.join("; ")}.
`;
console.log(text);
if (record) {
  const results = join(here, "..", "results");
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, "bench-risk.md"), text);
}
