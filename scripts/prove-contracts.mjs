#!/usr/bin/env node
// Runs the proofs of tests/contracts/proofs: every contract there is one proof, with one `assert` and one seeded bug.
//
//   /// @title  the sentence that is proved
//   /// @custom:bug contracts/libraries/X.sol: `text` => `other text`
//
// The assertion must be proved on the code as it is, and refuted on the copy with the bug. "Unknown", a timeout and a bug that does not apply
// are failures. One line each: "proved Name (ms, how)", "caught Name (ms, how)".
//
// What the compiler is given is the real source, less what a proof does not reach (functions of libraries and other proofs are blanked out),
// and with two dependencies replaced by models that the SMTChecker understands (tests/contracts/proofs/models: Solady's arithmetic is
// assembly, which it does not read; exp and ln stay unknown functions). `ModelsTest` holds the models against the real ones.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker, isMainThread, parentPort } from "node:worker_threads";
import { solve } from "./horn.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const PROOFS = "tests/contracts/proofs";
const MODELS = {
  "solady/utils/FixedPointMathLib.sol": `${PROOFS}/models/FixedPointMathLib.sol`,
  "@openzeppelin/contracts/utils/math/SafeCast.sol": `${PROOFS}/models/SafeCast.sol`,
};
const WORKERS = 2;
const DEPTH = 5; // rounds of a loop that are unfolded
const EFFORT = 12_000_000; // z3's own count of work, so that a busy machine gives the same answers
const PROVED = "9576";
const REFUTED = "6328";

async function main(filters) {
  const solc = loadCompiler();
  const tasks = [];
  for (const name of readdirSync(join(root, PROOFS)).filter((n) => n.endsWith(".sol") && !n.endsWith(".t.sol")).sort()) {
    for (const proof of proofsOf(solc, `${PROOFS}/${name}`)) {
      if (filters.length === 0 || filters.some((filter) => proof.name.includes(filter))) tasks.push(proof);
    }
  }
  if (tasks.length === 0) throw new Error("no proof has such a name");

  let proved = 0;
  let caught = 0;
  let failed = 0;
  const queue = [...tasks];
  const runWorker = () =>
    new Promise((resolve, reject) => {
      const worker = new Worker(fileURLToPath(import.meta.url));
      const next = () => (queue.length > 0 ? worker.postMessage(queue.shift()) : worker.terminate());
      worker.on("message", ({ lines, ok }) => {
        lines.forEach((line) => console.log(line));
        if (ok.proved) proved++;
        if (ok.caught) caught++;
        if (!ok.proved || !ok.caught) failed++;
        next();
      });
      worker.on("error", reject);
      worker.on("exit", resolve);
      next();
    });
  await Promise.all(Array.from({ length: WORKERS }, runWorker));
  console.log(`${proved} proved, ${caught} caught, ${failed} failed`);
  if (failed > 0 || proved !== tasks.length || caught !== tasks.length) process.exit(1);
}

function work() {
  const solc = loadCompiler();
  parentPort.on("message", (proof) => {
    const lines = [];
    const ok = { proved: false, caught: false };
    try {
      const real = verdict(solc, proof, {});
      ok.proved = real.code === PROVED;
      lines.push(`${ok.proved ? "proved" : "NOT PROVED"} ${proof.name} (${real.ms} ms, ${real.how})${ok.proved ? "" : ` ${real.text}`}`);
      const bug = verdict(solc, proof, mutated(proof));
      ok.caught = bug.code === REFUTED;
      lines.push(`${ok.caught ? "caught" : "NOT CAUGHT"} ${proof.name} (${bug.ms} ms, ${bug.how})${ok.caught ? "" : ` ${bug.text}`}`);
    } catch (error) {
      lines.push(`FAILED ${proof.name}: ${error.message}`);
    }
    parentPort.postMessage({ lines, ok });
  });
}

// ------------------------------------------------------------------------------------------------------ sources

function loadCompiler() {
  return createRequire(import.meta.url)(join(root, "node_modules", "solc"));
}

function remappings() {
  const toml = readFileSync(join(root, "foundry.toml"), "utf8");
  return [...toml.matchAll(/^\s*"([^"=]+)=([^"]+)",/gm)].map(([, from, to]) => [from, to]);
}

const prefixes = remappings();

function sourceText(path, overrides) {
  if (path in overrides) return overrides[path];
  let file = MODELS[path] ?? path;
  for (const [from, to] of prefixes) if (file.startsWith(from)) file = to + file.slice(from.length);
  file = join(root, file);
  return existsSync(file) ? readFileSync(file, "utf8") : null;
}

/** Compiles `path` and what it imports; gives the trees and the texts. */
function parsed(solc, path, overrides) {
  const texts = { [path]: sourceText(path, overrides) };
  const settings = { evmVersion: "cancun", outputSelection: { "*": { "": ["ast"] } } };
  const input = { language: "Solidity", sources: { [path]: { content: texts[path] } }, settings };
  const output = JSON.parse(
    solc.compile(JSON.stringify(input), {
      import: (name) => {
        const contents = sourceText(name, overrides);
        if (contents === null) return { error: `${name} is not there` };
        texts[name] = contents;
        return { contents };
      },
    }),
  );
  const error = (output.errors ?? []).find((e) => e.severity === "error");
  if (error) throw new Error(`does not compile: ${error.formattedMessage}`);
  return { output, texts };
}

function proofsOf(solc, path) {
  const { output } = parsed(solc, path, {});
  const contracts = output.sources[path].ast.nodes.filter((n) => n.nodeType === "ContractDefinition" && !n.abstract && n.contractKind === "contract");
  return contracts.map((contract) => {
    const notes = (contract.documentation?.text ?? "").replace(/\s+/g, " ");
    const bug = /@custom:bug (\S+): `([^`]+)` => `([^`]*)`/.exec(notes);
    if (!bug || !/@title /.test(notes)) throw new Error(`${contract.name} has no @title or no @custom:bug`);
    let asserts = 0;
    visit(contract, (n) => {
      if (n.nodeType === "FunctionCall" && n.expression.name === "assert") asserts++;
    });
    if (asserts !== 1) throw new Error(`${contract.name} has ${asserts} assertions; a proof has one`);
    return { path, name: contract.name, bug: { file: bug[1], from: bug[2], to: bug[3] } };
  });
}

/** The source with the seeded bug, kept under artifacts/proofs for the reader. */
function mutated({ name, bug }) {
  const text = sourceText(bug.file, {});
  if (text === null) throw new Error(`${bug.file} is not there`);
  // White space may differ: the formatter breaks lines, a comment does not.
  const pattern = new RegExp(bug.from.trim().split(/\s+/).map((w) => w.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("\\s+"), "g");
  const found = [...text.matchAll(pattern)].length;
  if (found !== 1) throw new Error(`the bug \`${bug.from}\` applies ${found} times to ${bug.file}; it must apply once`);
  const copy = text.replace(pattern, () => bug.to);
  const folder = join(root, "artifacts", "proofs");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.sol`), copy);
  return { [bug.file]: copy };
}

// ------------------------------------------------------------------------------------------------------ slicing

function visit(node, each, parent = null) {
  if (Array.isArray(node)) node.forEach((n) => visit(n, each, parent));
  else if (node && typeof node === "object") {
    if (node.nodeType) {
      each(node, parent);
      parent = node;
    }
    for (const value of Object.values(node)) if (value && typeof value === "object") visit(value, each, parent);
  }
}

/** Blanks the other contracts of the proof's file and every library function that the proof does not reach. */
function sliced(solc, { path, name }, overrides) {
  const { output, texts } = parsed(solc, path, overrides);
  const nodes = new Map();
  const above = new Map();
  const home = new Map();
  for (const [file, { ast }] of Object.entries(output.sources)) {
    visit(ast, (node, parent) => {
      nodes.set(node.id, node);
      above.set(node, parent);
      home.set(node, file);
    });
  }
  const isContract = (node) => node?.nodeType === "ContractDefinition";
  const isFunction = (node) => node?.nodeType === "FunctionDefinition" || node?.nodeType === "ModifierDefinition";
  const kept = new Set();
  const pending = [];
  const keep = (node) => {
    if (!node || kept.has(node)) return;
    kept.add(node);
    pending.push(node);
    if (isContract(node)) for (const id of node.linearizedBaseContracts) keep(nodes.get(id));
  };
  const proof = [...nodes.values()].find((n) => isContract(n) && n.name === name && home.get(n) === path);
  keep(proof);
  while (pending.length > 0) {
    visit(pending.pop(), (node) => {
      let target = nodes.get(node.referencedDeclaration);
      while (target && !isFunction(target) && !isContract(target)) target = above.get(target);
      if (isFunction(target) || (isContract(target) && target.contractKind !== "library")) keep(target);
    });
  }
  const blank = (node, put = "") => {
    const [start, length] = node.src.split(":").map(Number);
    const bytes = Buffer.from(texts[home.get(node)]);
    for (let i = start; i < start + length; i++) if (bytes[i] !== 10) bytes[i] = 32;
    bytes.write(put, start);
    texts[home.get(node)] = bytes.toString();
  };
  // The SMTChecker goes on after the error of another contract as if it had not been raised.
  for (const node of nodes.values()) if (node.nodeType === "RevertStatement") blank(node, "revert()");
  for (const node of nodes.values()) {
    const parent = above.get(node);
    if (isFunction(node) && !kept.has(node) && isContract(parent) && parent.contractKind === "library") blank(node);
    else if (isContract(node) && home.get(node) === path && !kept.has(node)) blank(node);
  }
  return texts;
}

// ------------------------------------------------------------------------------------------------------ asking

function verdict(solc, proof, overrides) {
  const began = Date.now();
  const texts = sliced(solc, proof, overrides);
  const hows = [];
  const input = {
    language: "Solidity",
    sources: { [proof.path]: { content: texts[proof.path] } },
    settings: {
      evmVersion: "cancun",
      outputSelection: {},
      modelChecker: {
        contracts: { [proof.path]: [proof.name] },
        engine: "chc",
        targets: ["assert"],
        solvers: ["smtlib2"],
        showProvedSafe: true,
        showUnproved: true,
        showUnsupported: true,
        extCalls: "untrusted",
      },
    },
  };
  let trouble = null;
  const output = JSON.parse(
    solc.compile(JSON.stringify(input), {
      import: (name) => (name in texts ? { contents: texts[name] } : { error: `${name} is not there` }),
      smtSolver: (query) => {
        try {
          const { answer, how } = solve(query, { depth: DEPTH, effort: EFFORT });
          hows.push(how);
          return { contents: answer };
        } catch (error) {
          trouble ??= error;
          return { error: error.message };
        }
      },
    }),
  );
  if (trouble) throw trouble;
  const messages = output.errors ?? [];
  const error = messages.find((m) => m.severity === "error");
  if (error) throw new Error(error.formattedMessage);
  const about = messages.filter((m) => m.errorCode === PROVED || /assertion violation/i.test(m.message));
  // "happens here" is a refutation, "might happen here" is the solver's giving up under the same number.
  const refuted = about.some((m) => m.errorCode === REFUTED && m.message.includes("happens here"));
  const code = refuted ? REFUTED : about.length > 0 && about.every((m) => m.errorCode === PROVED) ? PROVED : "unknown";
  return { code, how: hows.join(", ") || "unasked", ms: Date.now() - began, text: about.map((m) => m.message.split("\n")[0]).join("; ") };
}

if (isMainThread) await main(process.argv.slice(2));
else work();
