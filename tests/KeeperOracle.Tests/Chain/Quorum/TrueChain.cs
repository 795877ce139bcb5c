using System.Text.Json;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Chain.Quorum;

/// <summary>
/// What is true: blocks, and state that follows from a block's hash and the question alone. Transactions count as mined in the block
/// at which they were put.
/// </summary>
internal sealed class TrueChain
{
    private readonly Dictionary<Hash32, BlockRef> _byHash = [];
    private readonly List<BlockRef> _canonical = [];
    private readonly Dictionary<string, ulong> _minedAt = [];
    private int _forks;

    public TrueChain(int blocks = 20) => Grow(blocks);

    public BlockRef Head => _canonical[^1];

    public BlockRef At(ulong number) => _canonical[(int)number];

    public void Grow(int blocks)
    {
        for (var i = 0; i < blocks; i++)
        {
            var number = (ulong)_canonical.Count;
            var block = new BlockRef(number, Keccak.HashText($"{_forks}/{number}"), number == 0 ? default : Head.Hash, 1000 + (12 * number));
            _byHash[block.Hash] = block;
            _canonical.Add(block);
        }
    }

    /// <summary>Drops so many blocks from the head, then mines others.</summary>
    public void Replace(int dropped, int mined)
    {
        _forks++;
        _canonical.RemoveRange(_canonical.Count - dropped, dropped);
        Grow(mined);
    }

    public void Mine(string transaction) => _minedAt[transaction] = Head.Number;

    /// <summary>The honest answer of a node whose head is at this height; throws what a node refuses.</summary>
    public object? Answer(string method, IReadOnlyList<object?> parameters, ulong head) => method switch
    {
        "eth_getBlockByNumber" => (string)parameters[0]! switch
        {
            "latest" => Block(At(head)),
            "safe" => Block(At(head - Math.Min(head, 4))),
            "finalized" => Block(At(head - Math.Min(head, 8))),
            var number => Convert.ToUInt64(number, 16) <= head ? Block(At(Convert.ToUInt64(number, 16))) : null,
        },
        "eth_getBlockByHash" => Known((string)parameters[0]!, head) is { } block ? Block(block) : null,
        "eth_getTransactionReceipt" => Receipt((string)parameters[0]!, head),
        "eth_getTransactionByHash" => Transaction((string)parameters[0]!, head),
        "eth_estimateGas" => "0x5208",
        "eth_feeHistory" => new { oldestBlock = parameters[1], baseFeePerGas = new[] { "0x7", "0x8" }, gasUsedRatio = new[] { 0.5 }, reward = new[] { new[] { "0x1" } } },
        "eth_getBalance" or "eth_getTransactionCount" or "eth_call" or "eth_getCode" => State(method, parameters, head),
        "eth_getLogs" => Known(BlockHash(parameters[0]!), head) is { } at ? (object)new[] { Log(at) } : throw Unknown(),
        _ => throw new NotSupportedException(method),
    };

    /// <summary>What a read of state at a block is worth: a number that nobody guesses.</summary>
    public static string StateAt(string method, string about, Hash32 block) => method switch
    {
        "eth_getTransactionCount" => $"0x{block.ToBytes()[0] + 1:x}",
        "eth_getBalance" => "0x" + Keccak.HashText($"{about}/{block}").ToString()[2..].TrimStart('0'),
        _ => Keccak.HashText($"{method}/{about}/{block}").ToString(),
    };

    private string State(string method, IReadOnlyList<object?> parameters, ulong head)
    {
        var block = Known(BlockHash(parameters[1]!), head) ?? throw Unknown();
        var about = method == "eth_call" ? JsonSerializer.SerializeToElement(parameters[0]).GetProperty("data").GetString()! : (string)parameters[0]!;
        return about.StartsWith("0xdead", StringComparison.Ordinal)
            ? throw new RpcException(RpcFailure.ErrorReply, "scripted", "execution reverted", 3, Hex.ToBytes(about))
            : StateAt(method, about, block.Hash);
    }

    private BlockRef? Known(string hash, ulong head) => _byHash.TryGetValue(Hash32.FromHex(hash), out var block) && block.Number <= head ? block : null;

    private static string BlockHash(object parameter) => JsonSerializer.SerializeToElement(parameter).GetProperty("blockHash").GetString()!;

    private static RpcException Unknown() => new(RpcFailure.ErrorReply, "scripted", "header not found", -32000);

    private object? Receipt(string hash, ulong head) => !_minedAt.TryGetValue(hash, out var number) || number > head ? null : new
    {
        transactionHash = hash,
        status = "0x1",
        blockNumber = $"0x{number:x}",
        blockHash = At(number).Hash.ToString(),
        from = Address.Zero.ToString(),
        to = Address.Zero.ToString(),
        contractAddress = (string?)null,
        gasUsed = "0x5208",
        effectiveGasPrice = "0x7",
        logs = new[] { Log(At(number)) },
    };

    private object? Transaction(string hash, ulong head) => !_minedAt.TryGetValue(hash, out var number) ? null : new
    {
        hash,
        from = Address.Zero.ToString(),
        nonce = "0x5",
        blockNumber = number > head ? null : $"0x{number:x}",
        blockHash = number > head ? null : At(number).Hash.ToString(),
    };

    private static object Log(BlockRef block) => new
    {
        address = Address.Zero.ToString(),
        topics = new[] { Keccak.HashText("topic").ToString() },
        data = "0x01",
        blockNumber = $"0x{block.Number:x}",
        blockHash = block.Hash.ToString(),
        transactionHash = Keccak.HashText("transaction").ToString(),
        logIndex = "0x0",
        removed = false,
    };

    private static object Block(BlockRef block) => new
    {
        number = $"0x{block.Number:x}",
        hash = block.Hash.ToString(),
        parentHash = block.ParentHash.ToString(),
        timestamp = $"0x{block.Timestamp:x}",
        baseFeePerGas = "0x7",
        gasLimit = "0x1c9c380",
    };
}
