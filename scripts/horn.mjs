// Constrained Horn clauses, as the SMTChecker writes them, answered by z3.
//
// z3's own engine for Horn clauses (Spacer) must invent a summary of every function and rarely finds one with a product or an array in it. Where
// clauses do not recur, none is needed: "can the error be derived?" is one formula without quantifiers. So the clauses are unfolded first:
//   * an instance of a predicate is a set of fresh constants and a Boolean that implies one of its clauses;
//   * blocks of one call of a function share an instance, since one run takes one path; every call inside it gets instances of its own;
//   * a predicate that recurs (a loop, a sequence of transactions) is unfolded to a depth. What lies deeper is taken as derivable, which
//     proves soundly, and as not derivable, which refutes soundly.
// Where neither answers, Spacer gets the clauses as they are.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const TIMEOUT_MS = 120_000; // never reached unless z3 hangs: effort is what limits it
const SPACER = ["rewriter.pull_cheap_ite=true"];

/** @returns {{answer: "sat" | "unsat" | "unknown", how: string}} "sat": the clauses have a solution, so the assertion holds */
export function solve(query, { depth, effort }) {
  const system = read(query);
  if (z3(unfold(system, depth, "true"), effort) === "unsat") return { answer: "sat", how: "unfolded" };
  if (z3(unfold(system, depth, "false"), effort) === "sat") return { answer: "unsat", how: "unfolded" };
  return { answer: z3(query, effort, SPACER), how: "Spacer" };
}

function z3(text, effort, options = []) {
  const folder = mkdtempSync(join(tmpdir(), "horn-"));
  try {
    const file = join(folder, "query.smt2");
    writeFileSync(file, text);
    const run = spawnSync("z3", ["-smt2", `rlimit=${effort}`, ...options, file], { encoding: "utf8", timeout: TIMEOUT_MS });
    if (run.error && run.error.code === "ENOENT") throw new Error("z3 is not installed");
    const first = (run.stdout || "").split("\n", 1)[0].trim();
    if (first.startsWith("(error")) throw new Error(`z3 refuses the query: ${first}`);
    return first === "sat" || first === "unsat" ? first : "unknown";
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// ------------------------------------------------------------------------------------------------------ reading

function parse(text) {
  const token = /\|[^|]*\||"[^"]*"|[()]|[^\s()|"]+/g;
  const root = [];
  const stack = [root];
  for (const [word] of text.matchAll(token)) {
    if (word === "(") stack.push([]);
    else if (word === ")") stack.at(-2).push(stack.pop());
    else stack.at(-1).push(word.startsWith("|") && /^\|[\w.]+\|$/.test(word) ? word.slice(1, -1) : word);
  }
  if (stack.length !== 1) throw new Error("the query is not well-formed");
  return root;
}

const show = (term) => (Array.isArray(term) ? `(${term.map(show).join(" ")})` : term);

function read(query) {
  const system = { preamble: [], sorts: new Map(), clauses: new Map(), goal: null };
  for (const command of parse(query)) {
    const [kind] = command;
    if (kind === "declare-fun" && command[3] === "Bool") system.sorts.set(command[1], command[2]);
    else if (kind === "assert") readClause(system, command[1]);
    else if (kind.startsWith("declare-")) system.preamble.push(show(command));
    else if (!["set-logic", "set-option", "check-sat"].includes(kind)) throw new Error(`unexpected ${kind} in the query`);
  }
  if (system.goal === null) throw new Error("the query asks nothing");
  return system;
}

function readClause(system, formula) {
  const [, variables, inner] = formula[0] === "forall" ? formula : [null, [], formula];
  const [body, head] = inner[0] === "=>" ? [inner[1], inner[2]] : ["true", inner];
  if (head === "false") {
    system.goal = Array.isArray(body) ? body[0] : body;
    return;
  }
  const atoms = [];
  const constraints = [];
  const collect = (term) => {
    if (Array.isArray(term) && term[0] === "and") term.slice(1).forEach(collect);
    else if (system.sorts.has(Array.isArray(term) ? term[0] : term)) atoms.push(Array.isArray(term) ? term : [term]);
    else if (term !== "true") constraints.push(term);
  };
  collect(body);
  const [name, ...args] = Array.isArray(head) ? head : [head];
  if (!system.clauses.has(name)) system.clauses.set(name, []);
  system.clauses.get(name).push({ variables, atoms, constraints, args });
}

// ---------------------------------------------------------------------------------------------------- unfolding

function unfold(system, depth, beyond) {
  const lines = [...system.preamble];
  // A proof is an induction step: it starts from any state at all. A refutation starts from the constructor.
  const histories = beyond === "true" ? -1 : 0;
  const instances = new Map();
  const open = new Map();
  let count = 0;
  const fresh = (sort) => {
    const name = `u${count++}`;
    lines.push(`(declare-const ${name} ${show(sort)})`);
    return name;
  };

  // An instance of a predicate in an activation; `round` counts how often its loop has been entered.
  function instance(name, activation, round) {
    const busy = `${activation} ${name}`;
    let turn = round;
    if (open.has(busy)) turn = Math.max(round, open.get(busy) + 1);
    if (turn > (name.startsWith("interface") ? histories : depth)) return null;
    const key = `${busy} ${turn}`;
    if (instances.has(key)) return instances.get(key);

    const made = { holds: fresh("Bool"), args: system.sorts.get(name).map(fresh), ways: [], certain: null };
    instances.set(key, made);
    const before = open.get(busy);
    open.set(busy, turn);
    const ways = (system.clauses.get(name) ?? []).map((clause, index) => way(clause, made, key, index, activation, turn));
    lines.push(`(assert (=> ${made.holds} (or false ${ways.join(" ")})))`);
    // What every way needs is needed: said as a fact, z3 substitutes its equations, and products by constants become linear.
    const shared = made.ways.reduce((left, right) => (left === null ? right : new Set([...left].filter((i) => right.has(i)))), null);
    made.certain = new Set([made, ...(shared ?? [])]);
    if (before === undefined) open.delete(busy);
    else open.set(busy, before);
    return made;
  }

  function way(clause, made, key, index, activation, turn) {
    const names = new Map(clause.variables.map(([name, sort]) => [name, fresh(sort)]));
    const rename = (term) => (Array.isArray(term) ? term.map(rename) : (names.get(term) ?? term));
    const parts = clause.constraints.map((term) => show(rename(term)));
    clause.args.forEach((term, i) => parts.push(`(= ${made.args[i]} ${show(rename(term))})`));
    let inside = false;
    const needs = new Set();
    clause.atoms.forEach(([name, ...args], position) => {
      // The block before this one belongs to the same call, and to the same history of transactions an interface.
      const same = !inside && /^(block|interface|error)/.test(name);
      inside ||= same;
      const child = same ? instance(name, activation, turn) : instance(name, `${key}/${index}.${position}`, 0);
      if (child === null) {
        parts.push(beyond);
        return;
      }
      parts.push(child.holds);
      for (const needed of child.certain) needs.add(needed);
      args.forEach((term, i) => parts.push(`(= ${child.args[i]} ${show(rename(term))})`));
    });
    made.ways.push(needs);
    const chosen = fresh("Bool");
    lines.push(`(assert (=> ${chosen} (and true ${parts.join(" ")})))`);
    return chosen;
  }

  const goal = instance(system.goal, "", 0);
  for (const { holds } of goal.certain) lines.push(`(assert ${holds})`);
  return [...lines, "(check-sat-using (then simplify propagate-values solve-eqs smt))"].join("\n");
}
