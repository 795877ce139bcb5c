// viem's multicall over the accounts of a vault, at several sizes: MULTICALL_BYTES ACCOUNTS_PER_SECOND a line, the best of several runs each.
// Everything that a keeper has to know of an account: position, option legs, unpaid winnings, capacity on other chains. Usage:
//   node viem_reads.mjs URL VAULT OPTION_BOOK MARGIN_HUB MULTICALL3 ACCOUNTS SECONDS_PER_SIZE
import { readFileSync } from "node:fs";
import { createPublicClient, defineChain, http } from "viem";

const [url, vault, optionBook, marginHub, multicall3, limit, seconds] = process.argv.slice(2);
const abi = (name) => JSON.parse(readFileSync(new URL(`../../../abi/${name}.json`, import.meta.url)));
const [vaultAbi, bookAbi, hubAbi] = ["MarginVault", "OptionBook", "MarginHub"].map(abi);
const chain = defineChain({
  id: 31337,
  name: "local",
  nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
  rpcUrls: { default: { http: [url] } },
  contracts: { multicall3: { address: multicall3 } },
});
const client = createPublicClient({ chain, transport: http(url, { timeout: 60_000 }) });
const accounts = await client.readContract({ address: vault, abi: vaultAbi, functionName: "accounts", args: [0n, BigInt(limit)] });
const contracts = accounts.flatMap((account) => [
  { address: vault, abi: vaultAbi, functionName: "position", args: [account] },
  { address: optionBook, abi: bookAbi, functionName: "legCount", args: [account] },
  { address: optionBook, abi: bookAbi, functionName: "pendingClaims", args: [account] },
  { address: marginHub, abi: hubAbi, functionName: "capacityOf", args: [account] },
]);
const blockNumber = await client.getBlockNumber();
// viem's batchSize is the call data of one aggregate3, in bytes; 36 a call here.
for (const calls of [100, 500, 1000, 2000]) {
  let best = 0;
  const until = performance.now() + 1000 * Number(seconds);
  do {
    const began = performance.now();
    const results = await client.multicall({ contracts, allowFailure: true, batchSize: 36 * calls, blockNumber });
    if (results.some((result) => result.status !== "success")) throw new Error("a call failed");
    best = Math.max(best, (1000 * accounts.length) / (performance.now() - began));
  } while (performance.now() < until);
  console.log(`${calls} ${best}`);
}
