// Mutants of a Solidity file, from the compiler's tree: small edits, each of which some test should notice.
// An id is file:Contract.function/kind of node[which one in the function]:operator, so it outlives edits elsewhere in the file.

const SWAPS = { "+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "<<": ">>", ">>": "<<", "&&": "||", "||": "&&", "&": "|", "|": "&", "==": "!=", "!=": "==" };
const BOUNDARIES = { "<": "<=", "<=": "<", ">": ">=", ">=": ">" };
const ASSIGNMENTS = { "+=": "-=", "-=": "+=", "*=": "/=", "/=": "*=" };
const CALLS = {
  min: "max",
  max: "min",
  fullMulDiv: "fullMulDivUp",
  fullMulDivUp: "fullMulDiv",
  mulWad: "mulWadUp",
  mulWadUp: "mulWad",
  divWad: "divWadUp",
  divWadUp: "divWad",
  Ceil: "Floor",
  Floor: "Ceil",
};
const SCALE = 1e9;
const WITH_SWAPPED_ARGUMENTS = ["zeroFloorSub", "divUp"];

/** @returns {{id: string, line: number, was: string, put: string, text: string}[]} `text` is the whole mutated file */
export function mutantsOf(file, source, ast) {
  const bytes = Buffer.from(source);
  const found = [];
  const counts = new Map();
  const seen = new Set();
  const span = (node) => {
    const [start, length] = node.src.split(":").map(Number);
    return [start, start + length];
  };
  const textOf = (node) => bytes.subarray(...span(node)).toString();

  function visit(node, scope, parents) {
    if (Array.isArray(node)) return node.forEach((n) => visit(n, scope, parents));
    if (!node || typeof node !== "object") return;
    if (node.nodeType) {
      if (node.nodeType === "ContractDefinition") scope = node.name;
      if (node.nodeType === "FunctionDefinition") scope = `${scope}.${node.name || node.kind}`;
      if (node.nodeType === "ModifierDefinition") scope = `${scope}.${node.name}`;
      const key = `${scope}/${node.nodeType}`;
      const number = counts.get(key) ?? 0;
      counts.set(key, number + 1);
      mutate(node, `${key}[${number}]`, parents);
      parents = [node, ...parents];
    }
    for (const [name, value] of Object.entries(node)) {
      if (value && typeof value === "object" && name !== "documentation" && name !== "typeDescriptions") visit(value, scope, parents);
    }
  }

  function mutate(node, path, parents) {
    const add = (operator, start, end, put) => {
      const text = Buffer.concat([bytes.subarray(0, start), Buffer.from(put), bytes.subarray(end)]).toString();
      if (seen.has(text)) return;
      seen.add(text);
      const line = bytes.subarray(0, start).toString().split("\n").length;
      const was = bytes.subarray(start, end).toString().replace(/\s+/g, " ");
      found.push({ id: `${file}:${path}:${operator}`, line, was, put: put.replace(/\s+/g, " "), text });
    };
    const replace = (operator, target, put) => add(operator, ...span(target), put);
    // The span of some statements leaves the semicolon out.
    const deleteStatement = (target) => {
      const [start, end] = span(target);
      const semicolon = /^\s*;/.exec(bytes.subarray(end, end + 40).toString());
      add("delete", start, end + (semicolon ? semicolon[0].length : 0), "{}");
    };
    const between = (operator, left, right, was, put) => {
      const from = span(left)[1];
      const at = bytes.subarray(from, span(right)[0]).toString().indexOf(was);
      if (at >= 0) add(operator, from + at, from + at + was.length, put);
    };
    const isNumber = (type) => /^u?int\d*$/.test(type ?? "");

    switch (node.nodeType) {
      case "BinaryOperation":
        if (SWAPS[node.operator]) between("swap", node.leftExpression, node.rightExpression, node.operator, SWAPS[node.operator]);
        if (BOUNDARIES[node.operator]) between("boundary", node.leftExpression, node.rightExpression, node.operator, BOUNDARIES[node.operator]);
        break;
      case "Assignment":
        if (ASSIGNMENTS[node.operator]) between("swap", node.leftHandSide, node.rightHandSide, node.operator, ASSIGNMENTS[node.operator]);
        break;
      case "Literal":
        if (node.kind !== "number" || parents[0]?.nodeType === "ArrayTypeName" || /^0x/.test(node.value)) break;
        // One more or less of a scale such as 1e18 is a change in the last place, which no test should be asked to notice.
        if (Number(node.value.replaceAll("_", "")) >= SCALE) replace("double", node, `(${textOf(node)} * 2)`);
        else {
          replace("plus1", node, `(${textOf(node)} + 1)`);
          if (node.value !== "0") replace("minus1", node, `(${textOf(node)} - 1)`);
        }
        break;
      case "IfStatement":
      case "Conditional":
        replace("negate", node.condition, `!(${textOf(node.condition)})`);
        if (node.nodeType === "IfStatement" && !node.falseBody && isRefusal(node.trueBody)) deleteStatement(node);
        break;
      case "ExpressionStatement":
        // A refusal is deleted with its condition; the step of a loop would only make the loop endless.
        if (!parents.some((p) => p.nodeType === "ForStatement" && p.loopExpression === node)) deleteStatement(node);
        break;
      case "EmitStatement":
        deleteStatement(node);
        break;
      case "ModifierInvocation":
        if (node.kind === "modifierInvocation") replace("delete", node, "");
        break;
      case "FunctionCall": {
        const name = node.expression.memberName ?? node.expression.name;
        if (WITH_SWAPPED_ARGUMENTS.includes(name) && node.arguments.length === 2) {
          const [first, second] = node.arguments;
          add("arguments", span(first)[0], span(second)[1], `${textOf(second)}, ${textOf(first)}`);
        }
        break;
      }
      case "MemberAccess":
        if (CALLS[node.memberName]) {
          const end = span(node)[1];
          add("rounding", end - node.memberName.length, end, CALLS[node.memberName]);
        }
        break;
      case "Return": {
        const type = node.expression?.typeDescriptions?.typeString;
        if (isNumber(type) && node.expression.nodeType !== "Literal") replace("constant", node.expression, "0");
        if (type === "bool") for (const value of ["true", "false"]) if (textOf(node.expression) !== value) replace(value, node.expression, value);
        break;
      }
      default:
    }
  }

  const isRefusal = (body) => {
    const only = body.nodeType === "Block" ? (body.statements.length === 1 ? body.statements[0] : null) : body;
    return only?.nodeType === "RevertStatement";
  };

  visit(ast, "", []);
  return found;
}
