#!/usr/bin/env node
// Makes the mutants (mutants.mjs), lets forge judge each in a copy of the tree under artifacts/mutants, and keeps the table.
// A mutant that does not compile is not counted. One that makes a test fail, or run for ever, is killed.
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { mutantsOf } from "./mutants.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const work = join(root, "artifacts", "mutants");
const TABLE = "tests/contracts/mutation.md";
const SURVIVORS = "tests/contracts/mutation-survivors.json";
const RESULTS = join(work, "results.json");
// They measure what the optimizer makes.
const MEASURING = "test_(Gas|Size|BytecodeSize)";
const RUN_LIMIT_MS = 300_000;

// Which suites concern a file, without ".t.sol". A file that is not here is judged by the suite of its own name.
const SUITES = {
  AccountChecks: ["AccountChecks", "MarginVault", "VaultDefence", "PortfolioLiquidation"],
  Accounting: ["MarginVault", "Clearing", "Losses", "Rounding"],
  AttestedHeaders: ["HeaderSource"],
  Black76: ["ScenarioMargin", "VectorsMargin"],
  BoundsCheck: ["RiskOracle", "RiskOracleOptions"],
  ChainHeaders: ["HeaderSource"],
  Clearing: ["Clearing", "OptionSettlement", "PortfolioLiquidation"],
  Defence: ["Defence", "VaultDefence"],
  DefenceMath: ["Defence"],
  ExpiryFixing: ["OptionSettlement"],
  FactorMath: ["FactorMath", "Vectors"],
  FeedReader: ["OracleHub"],
  FeedSetCheck: ["OracleHub"],
  InterestRate: ["FactorMath"],
  KeeperGovernor: ["Governance"],
  LeafRecompute: ["MarginChallenge"],
  LegBook: ["OptionBook", "OptionSettlement"],
  LegList: ["OptionBook", "OptionSettlement"],
  CollateralVault: ["CollateralVault", "CrossChain", "CrossChainEvents", "LienTopUp"],
  LienAccounting: ["CollateralVault", "MarginHub", "LienSwaps", "CrossChainEvents"],
  LienCode: ["CollateralVault", "MarginHub"],
  LienSwaps: ["LienSwaps", "MarginHub"],
  Liquidation: ["Liquidation", "LienLiquidation", "Losses"],
  LiquidationMath: ["Liquidation", "PortfolioLiquidation", "Rounding"],
  Listing: ["Listing", "MarginVault"],
  MandateRules: ["LienSwaps", "LienTopUp", "TopUp"],
  MarginAttestations: ["MarginAttestations", "MarginChallenge"],
  MarginHub: ["MarginHub", "LienSwaps", "CrossChain", "CrossChainEvents"],
  MarginLeaf: ["MarginAttestations"],
  MarginVault: ["MarginVault", "Liquidation", "VaultDefence"],
  Median: ["FactorMath"],
  MedianPrice: ["OracleHub"],
  NormalTail: ["ScenarioMargin"],
  OptionBook: ["OptionBook", "OptionSettlement", "Clearing"],
  OptionMargin: ["OptionBook", "OptionSettlement", "PortfolioLiquidation"],
  OrderSequence: ["CollateralVault"],
  PackedLeg: ["OptionBook"],
  RawObservations: ["RiskOracleReports"],
  RemoteMath: ["MarginHub"],
  ReportRules: ["RiskOracleReports", "RiskOracleSilence"],
  RiskGovernance: ["RiskOracle", "RiskOracleOptions"],
  RiskHistory: ["RiskOracleHistory"],
  RiskLimits: ["RiskOracle", "RiskOracleReports"],
  RiskOracle: ["RiskOracle", "RiskOracleReports", "RiskOracleSilence", "RiskOracleOptions"],
  RiskReports: ["RiskOracleReports", "RiskOracleOptions", "RiskOracleAttacks"],
  RiskSlots: ["RiskOracle", "RiskOracleHistory", "RiskOracleReports", "RiskOracleSilence", "RiskOracleOptions"],
  ScenarioMargin: ["ScenarioMargin", "VectorsMargin"],
  SignerRules: ["AttestationVerifier"],
  StopRules: ["Guardian"],
  Valuation: ["MarginVault", "AccountChecks", "LienLiquidation", "Losses", "PortfolioLiquidation"],
  VotingToken: ["Governance"],
};
// Suites that deploy no whole protocol, so that a mutant is judged within seconds.
const FAST = ["Budget", "FactorMath", "InterestRate", "Median"];

const FOUNDRY = {
  FOUNDRY_PROFILE: "default",
  FOUNDRY_FUZZ_RUNS: "64",
  FOUNDRY_INVARIANT_RUNS: "4",
  FOUNDRY_INVARIANT_DEPTH: "32",
};

const options = read(process.argv.slice(2));

async function main() {
  const reasons = existsSync(join(root, SURVIVORS)) ? JSON.parse(readFileSync(join(root, SURVIVORS), "utf8")) : {};
  let mutants = candidates();
  if (options.list) return mutants.forEach((m) => console.log(`${m.id}  line ${m.line}: ${m.was} => ${m.put}`));
  if (options.sample) mutants = sample(mutants, options.sample, options.seed);
  if (options.again) mutants = mutants.filter((m) => survivorsOf(remembered()).has(m.id));
  if (mutants.length === 0) fail("nothing to judge");
  // In order of files, so that a copy compiles as little anew as can be.
  mutants.sort((a, b) => (a.order - b.order));

  await prepare(mutants);
  const results = await judge(mutants);
  const counted = results.filter((r) => r.verdict !== "invalid");
  const survivors = counted.filter((r) => r.verdict === "survived");
  const unexplained = survivors.filter((r) => !reasons[r.id]);
  for (const r of unexplained) console.log(`SURVIVED ${r.id}  line ${r.line}: ${r.was} => ${r.put}`);
  console.log(`${counted.length} mutants, ${counted.length - survivors.length} killed, ${survivors.length} survived (${survivors.length - unexplained.length} with a reason)`);
  if (!options.sample || options.record) record(results, reasons);
  if (counted.length === 0 || unexplained.length > 0) process.exitCode = 1;
}

function read(args) {
  const found = { files: [], list: false, fast: false, record: false, again: false, sample: 0, seed: 1, jobs: 2 };
  while (args.length > 0) {
    const word = args.shift();
    if (word === "--list") found.list = true;
    else if (word === "--fast") found.fast = true;
    else if (word === "--record") found.record = true;
    else if (word === "--again") found.again = true;
    else if (word === "--file" && args.length > 0) found.files.push(args.shift());
    else if (["--sample", "--seed", "--jobs"].includes(word) && /^\d+$/.test(args[0] ?? "")) found[word.slice(2)] = Number(args.shift());
    else fail(`unknown or incomplete option ${word}`);
  }
  return found;
}

function fail(message) {
  console.error(message);
  process.exit(2);
}

// ------------------------------------------------------------------------------------------------------ mutants

function candidates() {
  const files = ["contracts", "contracts/libraries"]
    .flatMap((folder) => readdirSync(join(root, folder)).filter((n) => n.endsWith(".sol")).map((n) => `${folder}/${n}`))
    .filter((file) => options.files.length === 0 || options.files.some((part) => basename(file, ".sol").includes(part)))
    .filter((file) => !options.fast || FAST.includes(basename(file, ".sol")))
    .sort();
  if (files.length === 0) fail("no contract has such a name");
  for (const file of files) if (suitesOf(file).length === 0) fail(`no suite concerns ${file}: name one in SUITES`);

  const solc = createRequire(import.meta.url)(join(root, "node_modules", "solc"));
  const prefixes = [...readFileSync(join(root, "foundry.toml"), "utf8").matchAll(/^\s*"([^"=]+)=([^"]+)",/gm)].map(([, from, to]) => [from, to]);
  const load = (path) => {
    for (const [from, to] of prefixes) if (path.startsWith(from)) path = to + path.slice(from.length);
    const file = join(root, path);
    return existsSync(file) ? { contents: readFileSync(file, "utf8") } : { error: `${path} is not there` };
  };
  const sources = Object.fromEntries(files.map((file) => [file, { content: readFileSync(join(root, file), "utf8") }]));
  const settings = { evmVersion: "cancun", outputSelection: { "*": { "": ["ast"] } } };
  const output = JSON.parse(solc.compile(JSON.stringify({ language: "Solidity", sources, settings }), { import: load }));
  const error = (output.errors ?? []).find((e) => e.severity === "error");
  if (error) fail(error.formattedMessage);
  let order = 0;
  return files.flatMap((file) => mutantsOf(file, sources[file].content, output.sources[file].ast).map((m) => ({ ...m, file, order: order++ })));
}

function suitesOf(file) {
  const name = basename(file, ".sol");
  return (SUITES[name] ?? [name]).map((suite) => `tests/contracts/${suite}.t.sol`).filter((suite) => existsSync(join(root, suite)));
}

/** The same mutants for the same seed, whatever the order of the files. */
function sample(mutants, count, seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x = (x + Math.imul(x ^ (x >>> 7), x | 61)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
  const rest = [...mutants].sort((a, b) => (a.id < b.id ? -1 : 1));
  const chosen = [];
  while (chosen.length < count && rest.length > 0) chosen.push(...rest.splice(Math.floor(next() * rest.length), 1));
  return chosen;
}

// -------------------------------------------------------------------------------------------------------- judging

function copyTree(to) {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(join(to, "tests"), { recursive: true });
  for (const part of ["contracts", "scripts", "tests/contracts", "tests/vectors", "abi"]) cpSync(join(root, part), join(to, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(to, "node_modules"));
  // A mutant may well leave a variable unused. Without the optimizer the compiler, which is nearly all of the time, is done in half of it.
  const settings = readFileSync(join(root, "foundry.toml"), "utf8")
    .replace(/^deny = .*$/m, 'deny = "never"')
    .replace(/^optimizer = .*$/m, "optimizer = false\ncode_size_limit = 1_000_000")
    .replace('{ access = "read", path = "./" }', `$&,\n  { access = "read", path = ${JSON.stringify(join(root, "node_modules"))} }`);
  writeFileSync(join(to, "foundry.toml"), settings);
}

/** What these suites do not import: forge would look through all of it for tests. */
function strangersTo(suites) {
  const needed = new Set();
  const rest = [...suites];
  while (rest.length > 0) {
    const file = rest.pop();
    if (needed.has(file)) continue;
    needed.add(file);
    for (const [, path] of readFileSync(join(root, file), "utf8").matchAll(/(?:from|import) "(\.[^"]+)"/g)) rest.push(normalize(join(dirname(file), path)));
  }
  return ["contracts", "scripts", "tests/contracts"]
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).filter((name) => name.endsWith(".sol")).map((name) => `${folder}/${name}`))
    .filter((file) => !needed.has(file));
}

/** Every suite that is needed must pass on the code as it is; the copies start from what that compiled. */
async function prepare(mutants) {
  const first = join(work, "job-0");
  copyTree(first);
  for (const suites of new Set(mutants.map((m) => suitesOf(m.file).join()))) {
    const began = Date.now();
    const { code, output } = await forge(first, suites.split(","));
    if (code !== 0) fail(`${suites} fails on the code as it is:\n${output.slice(-3000)}`);
    console.log(`ok  ${suites} (${seconds(began)} s)`);
  }
  for (let job = 1; job < options.jobs; job++) {
    const copy = join(work, `job-${job}`);
    copyTree(copy);
    cpSync(join(first, "artifacts"), join(copy, "artifacts"), { recursive: true });
  }
}

async function judge(mutants) {
  const results = [];
  const queue = [...mutants];
  const worker = async (job) => {
    const copy = join(work, `job-${job}`);
    while (queue.length > 0) {
      const mutant = queue.shift();
      const target = join(copy, mutant.file);
      const original = readFileSync(target, "utf8");
      writeFileSync(target, mutant.text);
      const began = Date.now();
      const { code, output, endless } = await forge(copy, suitesOf(mutant.file));
      writeFileSync(target, original);
      const verdict = code === 0 ? "survived" : endless || /\[FAIL/.test(output) ? "killed" : "invalid";
      if (verdict === "invalid" && !/Compiler run failed|Error \(\d+\)/.test(output)) fail(`forge did not answer on ${mutant.id}:\n${output.slice(-2000)}`);
      const { text, ...rest } = mutant;
      results.push({ ...rest, verdict });
      console.log(`${verdict.padEnd(8)} ${mutant.id} (${seconds(began)} s)`);
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, (_, job) => worker(job)));
  return results.sort((a, b) => a.order - b.order);
}

function forge(folder, suites) {
  const pattern = suites.length === 1 ? suites[0] : `{${suites.join(",")}}`;
  return new Promise((resolve, reject) => {
    const skip = strangersTo(suites).flatMap((file) => ["--skip", file]);
    const child = spawn(process.env.FORGE, ["test", "--fail-fast", "--match-path", pattern, "--no-match-test", MEASURING, ...skip], { cwd: folder, env: { ...process.env, ...FOUNDRY, NO_COLOR: "1" } });
    let output = "";
    let endless = false;
    const clock = setTimeout(() => {
      endless = true;
      child.kill("SIGKILL");
    }, RUN_LIMIT_MS);
    child.stdout.on("data", (data) => (output += data));
    child.stderr.on("data", (data) => (output += data));
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(clock);
      // A suite that matches nothing exits with 0.
      if (code === 0 && !/\b[1-9]\d* tests? passed/.test(output)) reject(new Error(`no test ran for ${pattern}`));
      else resolve({ code: code ?? 1, output, endless });
    });
  });
}

function seconds(began) {
  return Math.round((Date.now() - began) / 1000);
}

// ---------------------------------------------------------------------------------------------------------- table

/** Results of earlier runs, by file. */
function remembered() {
  return existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, "utf8")) : {};
}

function survivorsOf(all) {
  return new Set(Object.values(all).flat().filter((r) => r.verdict === "survived").map((r) => r.id));
}

/** Files that were not run keep the results of an earlier run; after --again, so do the mutants that were not. A recorded sample is a table of its own. */
function record(results, reasons) {
  const all = options.sample ? {} : remembered();
  const judged = new Set(results.map((r) => r.id));
  for (const file of new Set(results.map((r) => r.file))) {
    const kept = options.again ? (all[file] ?? []).filter((r) => !judged.has(r.id)) : [];
    all[file] = [...kept, ...results.filter((r) => r.file === file)];
  }
  writeFileSync(RESULTS, JSON.stringify(all, null, 1));

  const rows = [];
  const left = [];
  let total = 0;
  let dead = 0;
  for (const file of Object.keys(all).sort()) {
    const counted = all[file].filter((r) => r.verdict !== "invalid");
    const survivors = counted.filter((r) => r.verdict === "survived");
    total += counted.length;
    dead += counted.length - survivors.length;
    rows.push(`| ${file} | ${counted.length} | ${counted.length - survivors.length} | ${survivors.length} |`);
    for (const r of survivors) left.push(`| \`${r.id}\` | ${r.line} | ${cell(`${r.was} => ${r.put}`)} | ${cell(reasons[r.id] ?? "**none yet**")} |`);
  }
  const percent = (part, whole) => (whole === 0 ? 0 : (100 * part) / whole).toFixed(1);
  const equivalent = Object.values(all).flat().filter((r) => r.verdict === "survived" && reasons[r.id]?.startsWith("equivalent")).length;
  const lines = [
    "# Mutants of the contracts",
    "",
    "Written by `scripts/mutate-contracts`; the reasons are kept by hand in `mutation-survivors.json`.",
    "",
    "| file | mutants | killed | survived |",
    "|---|---|---|---|",
    ...rows,
    `| **all** | ${total} | ${dead} (${percent(dead, total)} %) | ${total - dead} |`,
    "",
    `${equivalent} of the survivors are equivalent: no test can tell them from the code. Of the ${total - equivalent} others ${percent(dead, total - equivalent)} % are killed.`,
    "",
    "## Survivors",
    "",
    "| mutant | line | edit | why no test notices |",
    "|---|---|---|---|",
    ...left,
  ];
  writeFileSync(join(root, TABLE), lines.join("\n") + "\n");
}

function cell(text) {
  return text.replace(/\|/g, "\\|").replace(/\n/g, " ");
}

await main();
