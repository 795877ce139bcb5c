using System.Text.Json;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Chain.Blocks;

/// <summary>A node that only knows blocks, and fails when told to.</summary>
internal sealed class ScriptedChain : IRpc
{
    private readonly Dictionary<Hash32, BlockRef> _byHash = [];
    private readonly List<BlockRef> _canonical = [];
    private int _forks;

    public ScriptedChain() => Grow(1);

    public ulong ChainId { get; set; } = 31337;

    public int FailuresToCome { get; set; }

    /// <summary>How often the head was asked for.</summary>
    public int Looks { get; private set; }

    public BlockRef Head => _canonical[^1];

    /// <summary>Mines so many blocks after the head.</summary>
    public void Grow(int blocks)
    {
        for (var i = 0; i < blocks; i++)
        {
            var number = (ulong)_canonical.Count;
            var block = new BlockRef(number, Keccak.HashText($"{_forks}/{number}"), number == 0 ? default : Head.Hash, 1000 + number);
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

    public Task<JsonElement> SendAsync(string method, CancellationToken ct, params object?[] parameters)
    {
        if (FailuresToCome > 0)
        {
            FailuresToCome--;
            throw new RpcException(RpcFailure.Transport, "scripted", "down");
        }

        Looks += method == "eth_getBlockByNumber" && parameters[0] is "latest" ? 1 : 0;
        return Task.FromResult(JsonSerializer.SerializeToElement(method switch
        {
            "eth_chainId" => $"0x{ChainId:x}",
            "eth_getBlockByHash" => _byHash.TryGetValue(Hash32.FromHex((string)parameters[0]!), out var block) ? Json(block) : null,
            "eth_getBlockByNumber" => parameters[0] is "latest" ? Json(Head) : Json(_canonical[Convert.ToInt32((string)parameters[0]!, 16)]),
            _ => throw new NotSupportedException(method),
        }));
    }

    public Task<IReadOnlyList<RpcReply>> SendBatchAsync(IReadOnlyList<RpcRequest> requests, CancellationToken ct) => throw new NotSupportedException();

    private static object Json(BlockRef block) => new
    {
        number = $"0x{block.Number:x}",
        hash = block.Hash.ToString(),
        parentHash = block.ParentHash.ToString(),
        timestamp = $"0x{block.Timestamp:x}",
        gasLimit = "0x1",
    };
}
