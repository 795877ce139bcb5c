using System.Numerics;
using System.Text.Json;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Proofs;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Transactions;

// Specification of this folder.
//
// Transactions of type 2, and the typed calls of a node that sending them needs. State is read at a block hash (EIP-1898, with
// requireCanonical), except for what only "latest" means: the next nonce and the head itself. The node's "pending" is never asked:
// it is wrong after a reorg. A refusal of a transaction is a value (SendOutcome), a refusal of a call by its contract is a
// ContractRevertException, and whatever else goes wrong is an RpcException.

/// <summary>One node's answers with types.</summary>
public sealed class EthApi(IRpc rpc)
{
    /// <summary>Calls of one batch; public nodes refuse more than some hundred.</summary>
    private const int BatchSize = 100;

    public async Task<ChainId> GetChainIdAsync(CancellationToken ct) => new(EthJson.Small(await rpc.SendAsync("eth_chainId", ct)));

    public async Task<BlockHeader> GetLatestBlockAsync(CancellationToken ct) =>
        EthJson.Block(await rpc.SendAsync("eth_getBlockByNumber", ct, "latest", false));

    /// <summary>Null where the node has no such block (yet, or any more).</summary>
    public async Task<BlockHeader?> GetBlockByNumberAsync(ulong number, CancellationToken ct) =>
        BlockOrNull(await rpc.SendAsync("eth_getBlockByNumber", ct, EthJson.Quantity(number), false));

    /// <summary>The same for several heights, asked for in batches, in their order.</summary>
    public async Task<IReadOnlyList<BlockHeader?>> GetBlocksByNumberAsync(IReadOnlyCollection<ulong> numbers, CancellationToken ct)
    {
        var found = new List<BlockHeader?>(numbers.Count);
        foreach (var chunk in numbers.Chunk(BatchSize))
        {
            var replies = await rpc.SendBatchAsync([.. chunk.Select(number => new RpcRequest("eth_getBlockByNumber", [EthJson.Quantity(number), false]))], ct);
            found.AddRange(replies.Select(reply => BlockOrNull(reply.ResultOrThrow())));
        }

        return found;
    }

    /// <summary>By one of the node's own marks: "safe" or "finalized". Null where it has none.</summary>
    public async Task<BlockHeader?> GetBlockByTagAsync(string tag, CancellationToken ct)
    {
        if (tag is not ("latest" or "safe" or "finalized" or "earliest"))
        {
            throw new ArgumentException($"'{tag}' is no tag that is asked here.", nameof(tag));
        }

        return BlockOrNull(await rpc.SendAsync("eth_getBlockByNumber", ct, tag, false));
    }

    /// <summary>Null where the node has no such block. A block with another hash than asked is a malformed reply.</summary>
    public async Task<BlockHeader?> GetBlockByHashAsync(Hash32 hash, CancellationToken ct)
    {
        var block = BlockOrNull(await rpc.SendAsync("eth_getBlockByHash", ct, hash.ToString(), false));
        return block is { } found && found.Ref.Hash != hash ? throw EthJson.Malformed("a block with another hash than was asked") : block;
    }

    /// <summary>The next nonce after all mined transactions of the account.</summary>
    public async Task<ulong> GetTransactionCountAsync(Address account, CancellationToken ct) =>
        EthJson.Small(await rpc.SendAsync("eth_getTransactionCount", ct, account.ToString(), "latest"));

    public async Task<ulong> GetTransactionCountAsync(Address account, Hash32 blockHash, CancellationToken ct) =>
        EthJson.Small(await rpc.SendAsync("eth_getTransactionCount", ct, account.ToString(), At(blockHash)));

    /// <summary>Wei.</summary>
    public async Task<BigInteger> GetBalanceAsync(Address account, Hash32? blockHash, CancellationToken ct) =>
        EthJson.Number(await rpc.SendAsync("eth_getBalance", ct, account.ToString(), At(blockHash)));

    /// <summary>Transactions sent and wei held, in one question.</summary>
    public async Task<(ulong Nonce, BigInteger Balance)> GetNonceAndBalanceAsync(Address account, Hash32 blockHash, CancellationToken ct)
    {
        object?[] about = [account.ToString(), At(blockHash)];
        var replies = await rpc.SendBatchAsync([new RpcRequest("eth_getTransactionCount", about), new RpcRequest("eth_getBalance", about)], ct);
        return (EthJson.Small(replies[0].ResultOrThrow()), EthJson.Number(replies[1].ResultOrThrow()));
    }

    public async Task<byte[]> GetCodeAsync(Address account, Hash32? blockHash, CancellationToken ct) =>
        EthJson.Bytes(await rpc.SendAsync("eth_getCode", ct, account.ToString(), At(blockHash)));

    /// <summary>Gas the call would take at the latest block. Throws <see cref="ContractRevertException"/> where it would revert.</summary>
    public Task<ulong> EstimateGasAsync(Address from, Address? to, byte[] data, BigInteger value, CancellationToken ct) =>
        OrRevert(async () => EthJson.Small(await rpc.SendAsync("eth_estimateGas", ct, Message(from, to, data, value))));

    /// <summary>
    /// What a function returns at a block. Throws <see cref="ContractRevertException"/>, or <see cref="AbiException"/> for bytes that
    /// are no result.
    /// </summary>
    public async Task<T> CallAsync<T>(IContractFunction<T> function, Address to, Address from, Hash32 blockHash, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(function);
        var data = await CallAsync(from, to, function.EncodeCall(), blockHash, ct);
        return data.Length == 0 && typeof(T) != typeof(Unit) ? throw new AbiException($"no code at {Eip55.Format(to)}") : function.DecodeResult(data);
    }

    /// <summary>The same with bytes, at the latest block where no hash is given.</summary>
    public Task<byte[]> CallAsync(Address from, Address to, byte[] data, Hash32? blockHash, CancellationToken ct) =>
        OrRevert(async () => EthJson.Bytes(await rpc.SendAsync("eth_call", ct, Message(from, to, data, BigInteger.Zero), At(blockHash))));

    /// <summary>Sends once. Every outcome is a value, also that there is no knowing it.</summary>
    public async Task<SendOutcome> SendRawTransactionAsync(SignedTransaction transaction, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        return await SendRawTransactionAsync(transaction.Raw, transaction.Hash, ct);
    }

    /// <summary>The same with bytes from a journal and the hash they must have.</summary>
    public async Task<SendOutcome> SendRawTransactionAsync(ReadOnlyMemory<byte> raw, Hash32 hash, CancellationToken ct)
    {
        try
        {
            var answered = EthJson.Hash(await rpc.SendAsync("eth_sendRawTransaction", ct, Hex.FromBytes(raw.Span)));
            return answered == hash
                ? new SendOutcome(SendOutcomeKind.Accepted, "")
                : new SendOutcome(SendOutcomeKind.Unknown, $"the node answered with the hash {answered} instead of {hash}");
        }
        catch (RpcException problem)
        {
            return SendOutcome.Of(problem);
        }
    }

    /// <summary>Null where the transaction is in no block that the node knows.</summary>
    public async Task<TransactionReceipt?> GetTransactionReceiptAsync(Hash32 hash, CancellationToken ct)
    {
        var reply = await rpc.SendAsync("eth_getTransactionReceipt", ct, hash.ToString());
        if (reply.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        var receipt = EthJson.Receipt(reply);
        return receipt.TransactionHash == hash ? receipt : throw EthJson.Malformed("the receipt of another transaction than was asked");
    }

    /// <summary>Receipts of those that stand in a block, asked for in batches, in no order.</summary>
    public async Task<IReadOnlyList<TransactionReceipt>> GetTransactionReceiptsAsync(IReadOnlyCollection<Hash32> hashes, CancellationToken ct) =>
        [.. (await AskEachAsync("eth_getTransactionReceipt", hashes, ct)).Select(EthJson.Receipt)];

    /// <summary>Which of these the node has, in a block or waiting.</summary>
    public async Task<IReadOnlyList<Hash32>> GetKnownTransactionsAsync(IReadOnlyCollection<Hash32> hashes, CancellationToken ct) =>
        [.. (await AskEachAsync("eth_getTransactionByHash", hashes, ct)).Select(reply => EthJson.Hash(EthJson.Member(reply, "hash")))];

    /// <summary>The answers that are not null.</summary>
    private async Task<List<JsonElement>> AskEachAsync(string method, IReadOnlyCollection<Hash32> hashes, CancellationToken ct)
    {
        var found = new List<JsonElement>();
        foreach (var chunk in hashes.Chunk(BatchSize))
        {
            var replies = await rpc.SendBatchAsync([.. chunk.Select(hash => new RpcRequest(method, [hash.ToString()]))], ct);
            found.AddRange(replies.Select(reply => reply.ResultOrThrow()).Where(result => result.ValueKind != JsonValueKind.Null));
        }

        return found;
    }

    /// <summary>Null where the node does not know the transaction.</summary>
    public async Task<KnownTransaction?> GetTransactionByHashAsync(Hash32 hash, CancellationToken ct)
    {
        var reply = await rpc.SendAsync("eth_getTransactionByHash", ct, hash.ToString());
        return reply.ValueKind == JsonValueKind.Null
            ? null
            : new KnownTransaction(
                EthJson.Hash(EthJson.Member(reply, "hash")),
                EthJson.Address(EthJson.Member(reply, "from")),
                EthJson.Small(EthJson.Member(reply, "nonce")),
                EthJson.IsNull(reply, "blockNumber") ? null : EthJson.Small(EthJson.Member(reply, "blockNumber")),
                EthJson.IsNull(reply, "blockHash") ? null : EthJson.Hash(EthJson.Member(reply, "blockHash")));
    }

    /// <summary>
    /// Base fee of the next block, or of the last where that should be lower: a bid that only gets in if the fee falls as foretold holds up every nonce
    /// behind it where it does not. With it the median over the last blocks of the tip that <paramref name="percentile"/> percent of gas paid.
    /// </summary>
    public async Task<FeeSuggestion> SuggestFeesAsync(int blocks, int percentile, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(blocks is > 0 and <= 1024 && percentile is >= 0 and <= 100, true);
        var history = await rpc.SendAsync("eth_feeHistory", ct, EthJson.Quantity(blocks), "latest", new[] { percentile });
        var baseFee = EthJson.Items(EthJson.Member(history, "baseFeePerGas")).Select(fee => EthJson.Number(fee)).TakeLast(2).DefaultIfEmpty().Max();
        var tips = EthJson.IsNull(history, "reward")
            ? []
            : EthJson.Items(EthJson.Member(history, "reward")).SelectMany(EthJson.Items).Select(tip => EthJson.Number(tip)).Order().ToList();
        return new FeeSuggestion(baseFee, tips.Count == 0 ? BigInteger.Zero : tips[tips.Count / 2]);
    }

    public async Task<IReadOnlyList<LogEntry>> GetLogsAsync(LogFilter filter, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var query = new Dictionary<string, object?>();
        if (filter.Address is { } address)
        {
            query["address"] = address.ToString();
        }

        if (filter.Topics is { } topics)
        {
            query["topics"] = topics.Select(topic => topic?.ToString()).ToArray();
        }

        if (filter.BlockHash is { } blockHash)
        {
            query["blockHash"] = blockHash.ToString();
        }
        else
        {
            query["fromBlock"] = filter.FromBlock is { } from ? EthJson.Quantity(from) : "latest";
            query["toBlock"] = filter.ToBlock is { } to ? EthJson.Quantity(to) : "latest";
        }

        return [.. EthJson.Items(await rpc.SendAsync("eth_getLogs", ct, query)).Select(EthJson.Log)];
    }

    /// <summary>
    /// All logs of these contracts in each of these blocks, asked for in batches; the lists are in the order of the blocks. A log of another block or
    /// contract than asked is a malformed reply, one that is left out cannot be seen.
    /// </summary>
    public async Task<IReadOnlyList<IReadOnlyList<LogEntry>>> GetLogsAsync(IReadOnlyCollection<Hash32> blocks, IReadOnlyList<Address> contracts, CancellationToken ct)
    {
        var addresses = contracts.Select(contract => contract.ToString()).ToArray();
        var found = new List<IReadOnlyList<LogEntry>>(blocks.Count);
        foreach (var chunk in blocks.Chunk(BatchSize))
        {
            var requests = chunk.Select(block => new RpcRequest(
                "eth_getLogs", [new Dictionary<string, object?> { ["blockHash"] = block.ToString(), ["address"] = addresses }]));
            var replies = await rpc.SendBatchAsync([.. requests], ct);
            found.AddRange(chunk.Zip(replies, (block, reply) => EthJson.Items(reply.ResultOrThrow())
                .Select(EthJson.Log)
                .Select(log => log.BlockHash == block && contracts.Contains(log.Address) ? log : throw EthJson.Malformed("a log of another block or contract than was asked"))
                .OrderBy(log => log.LogIndex)
                .ToList()));
        }

        return found;
    }

    /// <summary>
    /// The state of an account and of some of its slots at a block, with proofs as they came: <see cref="StorageProofs"/> says whether they hold. Another
    /// number of slots than asked is a malformed reply.
    /// </summary>
    public async Task<AccountProof> GetProofAsync(Address account, IReadOnlyList<Hash32> slots, Hash32 blockHash, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(slots);
        var reply = await rpc.SendAsync("eth_getProof", ct, account.ToString(), slots.Select(slot => slot.ToString()).ToArray(), At(blockHash));
        var proofs = EthJson.Items(EthJson.Member(reply, "storageProof")).ToList();
        static byte[][] Nodes(JsonElement list) => [.. EthJson.Items(list).Select(EthJson.Bytes)];
        return proofs.Count == slots.Count
            ? new AccountProof(
                account,
                Nodes(EthJson.Member(reply, "accountProof")),
                [.. slots.Zip(proofs, (slot, proof) => new SlotProof(slot, EthJson.Number(EthJson.Member(proof, "value")), Nodes(EthJson.Member(proof, "proof"))))])
            : throw EthJson.Malformed($"{proofs.Count} proofs for {slots.Count} slots");
    }

    /// <summary>The EIP-1898 form of a block hash.</summary>
    internal static object At(Hash32? blockHash) =>
        blockHash is { } hash ? new Dictionary<string, object?> { ["blockHash"] = hash.ToString(), ["requireCanonical"] = true } : "latest";

    internal static Dictionary<string, object?> Message(Address? from, Address? to, byte[] data, BigInteger value)
    {
        var message = new Dictionary<string, object?> { ["data"] = Hex.FromBytes(data) };
        if (from is { } sender)
        {
            message["from"] = sender.ToString();
        }

        if (to is { } target)
        {
            message["to"] = target.ToString();
        }

        if (!value.IsZero)
        {
            message["value"] = EthJson.Quantity(value);
        }

        return message;
    }

    private static BlockHeader? BlockOrNull(JsonElement block) => block.ValueKind == JsonValueKind.Null ? null : EthJson.Block(block);

    /// <summary>A node tells of a revert as an error with code 3, or with revert data, or in these words.</summary>
    private static async Task<T> OrRevert<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (RpcException problem) when (problem.Kind == RpcFailure.ErrorReply && IsRevert(problem))
        {
            throw new ContractRevertException(problem.RevertData.Span);
        }
    }

    internal static bool IsRevert(RpcException problem) =>
        problem.Code == 3 || !problem.RevertData.IsEmpty || problem.Problem.Contains("execution reverted", StringComparison.OrdinalIgnoreCase);
}
