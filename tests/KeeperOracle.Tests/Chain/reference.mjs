// Answers questions with viem: `node reference.mjs <kind>` reads a JSON array from stdin and writes an array of texts.
// Integers come as decimal text; a value that is an integer's is turned into a BigInt by its ABI type.
import { readFileSync } from 'node:fs';
import {
  encodeAbiParameters, encodeErrorResult, encodeEventTopics, encodeFunctionData, encodeFunctionResult, getAddress, hashTypedData, keccak256,
  toRlp,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

const typed = (parameter, value) => {
  const array = parameter.type.match(/^(.*)\[\d*\]$/);
  if (array) return value.map((item) => typed({ ...parameter, type: array[1] }, item));
  if (parameter.type === 'tuple') {
    // By place, not by name: names may repeat or be missing.
    return parameter.components.every((c) => c.name)
      ? Object.fromEntries(parameter.components.map((c, i) => [c.name, typed(c, value[i])]))
      : parameter.components.map((c, i) => typed(c, value[i]));
  }
  return /^u?int/.test(parameter.type) ? BigInt(value) : value;
};
const all = (parameters, values) => parameters.map((p, i) => typed(p, values[i]));

const kinds = {
  abi: ({ parameters, values }) => encodeAbiParameters(parameters, all(parameters, values)),
  call: ({ item, values }) => encodeFunctionData({ abi: [item], args: all(item.inputs, values) }),
  result: ({ item, values }) => {
    const args = all(item.outputs, values);
    return encodeFunctionResult({ abi: [item], result: args.length === 0 ? undefined : args.length === 1 ? args[0] : args });
  },
  error: ({ item, values }) => encodeErrorResult({ abi: [item], errorName: item.name, args: all(item.inputs, values) }),
  event: ({ item, values }) => {
    const args = all(item.inputs, values);
    const indexed = item.inputs.map((p, i) => (p.indexed ? args[i] : undefined)).filter((v) => v !== undefined);
    const plain = item.inputs.map((p, i) => [p, args[i]]).filter(([p]) => !p.indexed);
    const named = Object.fromEntries(item.inputs.map((p, i) => [p.name, args[i]]).filter((_, i) => item.inputs[i].indexed));
    const topics = encodeEventTopics({ abi: [item], eventName: item.name, args: indexed.length ? named : undefined });
    return JSON.stringify([topics, encodeAbiParameters(plain.map(([p]) => p), plain.map(([, v]) => v))]);
  },
  keccak: (hex) => keccak256(hex),
  address: (hex) => getAddress(hex),
  rlp: (item) => toRlp(item),
  typedData: (data) => hashTypedData(data),
  // What a wallet signs and sends: the raw bytes.
  transaction: ({ key, transaction: { nonce, ...rest } }) => {
    const numbers = ['gas', 'value', 'gasPrice', 'maxFeePerGas', 'maxPriorityFeePerGas'].filter((name) => name in rest);
    const amounts = Object.fromEntries(numbers.map((name) => [name, BigInt(rest[name])]));
    return privateKeyToAccount(key).signTransaction({ ...rest, ...amounts, nonce });
  },
};

const questions = JSON.parse(readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(await Promise.all(questions.map(kinds[process.argv[2]]))));
