using System.Globalization;
using System.Numerics;
using System.Text.Json;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Demo;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Drill;

/// <summary>
/// An anvil that goes on from a block of the live chain. It mines when it is told to, keeps nothing on disk, and ends with this object. What a
/// fork alone can do, such as putting code in place, is asked of no other chain: before anything else it is made sure that what answers is
/// this fork, by the door that it was given and the block that it left at.
/// </summary>
internal sealed class ForkedChain : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StartLook = TimeSpan.FromMilliseconds(50);
    private readonly ChildProcess _process;
    private readonly HttpRpc _rpc;
    private readonly string _log;

    private ForkedChain(ChildProcess process, HttpRpc rpc, Uri url, string log) => (_process, _rpc, Url, _log, Eth) = (process, rpc, url, log, new EthApi(rpc));

    public Uri Url { get; }

    public EthApi Eth { get; }

    public static async Task<ForkedChain> StartAsync(
        string anvil, ChainId id, BlockRef at, Uri live, string directory, TimeProvider time, CancellationToken cancellationToken)
    {
        var port = LocalChain.FreePort();
        var url = new Uri($"http://127.0.0.1:{port}");
        var log = Path.Combine(directory, $"fork-{id}.log");
        string[] arguments =
        [
            "--port", $"{port}", "--chain-id", $"{id}", "--fork-url", live.ToString(), "--fork-block-number", $"{at.Number}", "--no-mining",
            "--no-storage-caching", // a cache by chain id and block would mix up local chains
            "--prune-history", "10000", // keeps states in memory: of its own accord anvil 1.7.1 writes them to disk and forgets some
            "--no-rate-limit", "--accounts", "1", "--quiet",
        ];
        var fork = new ForkedChain(ChildProcess.Start(anvil, arguments, directory, log), new HttpRpc("fork", url), url, log);
        try
        {
            await fork.WaitUntilReadyAsync(live, at, time, cancellationToken);
            return fork;
        }
        catch
        {
            await fork.DisposeAsync();
            throw;
        }
    }

    public Task SetCodeAsync(Address address, ReadOnlyMemory<byte> code, CancellationToken cancellationToken) =>
        _rpc.SendAsync("anvil_setCode", cancellationToken, address.ToString(), Hex.FromBytes(code.Span));

    public Task SetBalanceAsync(Address account, BigInteger wei, CancellationToken cancellationToken) =>
        _rpc.SendAsync("anvil_setBalance", cancellationToken, account.ToString(), $"0x{wei.ToString("x", CultureInfo.InvariantCulture).TrimStart('0')}");

    /// <summary>Puts a call of an account whose key nobody here has into the pool. Throws <see cref="ContractRevertException"/> where it would revert.</summary>
    public async Task<Hash32> SendAsAsync<T>(Address from, Address to, IContractFunction<T> call, CancellationToken cancellationToken)
    {
        var data = call.EncodeCall();
        var gas = await Eth.EstimateGasAsync(from, to, data, BigInteger.Zero, cancellationToken);
        await _rpc.SendAsync("anvil_impersonateAccount", cancellationToken, from.ToString());
        var hash = await _rpc.SendAsync("eth_sendTransaction", cancellationToken, new Dictionary<string, object?>
        {
            ["from"] = from.ToString(),
            ["to"] = to.ToString(),
            ["data"] = Hex.FromBytes(data),
            ["gas"] = $"0x{gas + (gas / 2):x}",
        });
        await _rpc.SendAsync("anvil_stopImpersonatingAccount", cancellationToken, from.ToString());
        return Hash32.FromHex(hash.GetString()!);
    }

    /// <summary>Puts what was sent on the live chain into the pool once more, as its own sender; a nonce it gets anew.</summary>
    /// <param name="transaction">as `eth_getBlockByNumber` gives it</param>
    public async Task<Hash32> SendAgainAsync(JsonElement transaction, CancellationToken cancellationToken)
    {
        var from = transaction.GetProperty("from").GetString();
        await _rpc.SendAsync("anvil_impersonateAccount", cancellationToken, from);
        var call = new Dictionary<string, object?> { ["from"] = from, ["data"] = transaction.GetProperty("input").GetString() };
        foreach (var name in (string[])["to", "value", "gas"])
        {
            if (transaction.TryGetProperty(name, out var field) && field.ValueKind == JsonValueKind.String)
            {
                call[name] = field.GetString();
            }
        }

        var hash = await _rpc.SendAsync("eth_sendTransaction", cancellationToken, call);
        await _rpc.SendAsync("anvil_stopImpersonatingAccount", cancellationToken, from);
        return Hash32.FromHex(hash.GetString()!);
    }

    /// <summary>A word of a contract's storage at the head.</summary>
    public async Task<Hash32> StorageAsync(Address contract, Hash32 slot, CancellationToken cancellationToken) =>
        Hash32.FromHex((await _rpc.SendAsync("eth_getStorageAt", cancellationToken, contract.ToString(), slot.ToString(), "latest")).GetString()!);

    public Task SetStorageAsync(Address contract, Hash32 slot, Hash32 word, CancellationToken cancellationToken) =>
        _rpc.SendAsync("anvil_setStorageAt", cancellationToken, contract.ToString(), slot.ToString(), word.ToString());

    /// <summary>One block with what is in the pool.</summary>
    public async Task<BlockHeader> MineAsync(ulong timestamp, CancellationToken cancellationToken)
    {
        await _rpc.SendAsync("evm_setNextBlockTimestamp", cancellationToken, timestamp);
        await _rpc.SendAsync("evm_mine", cancellationToken);
        return await Eth.GetLatestBlockAsync(cancellationToken);
    }

    /// <summary>The transactions of a block, by hash.</summary>
    public async Task<IReadOnlyList<Hash32>> TransactionsAsync(ulong block, CancellationToken cancellationToken)
    {
        var reply = await _rpc.SendAsync("eth_getBlockByNumber", cancellationToken, $"0x{block:x}", false);
        return [.. reply.GetProperty("transactions").EnumerateArray().Select(hash => Hash32.FromHex(hash.GetString()!))];
    }

    public async ValueTask DisposeAsync()
    {
        _rpc.Dispose();
        await _process.DisposeAsync();
    }

    private async Task WaitUntilReadyAsync(Uri live, BlockRef at, TimeProvider time, CancellationToken cancellationToken)
    {
        using var probe = new HttpClient { Timeout = TimeSpan.FromSeconds(1) };
        for (var since = time.GetTimestamp(); !_process.HasExited && time.GetElapsedTime(since) < StartLimit;)
        {
            try
            {
                using var answer = await probe.PostAsync(Url, new StringContent("{}"), cancellationToken);
                await RequireThisForkAsync(live, at, cancellationToken);
                return;
            }
            catch (Exception notYet) when (notYet is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                await Task.Delay(StartLook, time, cancellationToken);
            }
        }

        throw new DrillRefusedException($"The node cannot be forked: anvil did not start from block {at.Number}. {LastWords()}", ExitCode.RemoteUnavailable);
    }

    private async Task RequireThisForkAsync(Uri live, BlockRef at, CancellationToken cancellationToken)
    {
        var info = await _rpc.SendAsync("anvil_nodeInfo", cancellationToken);
        var isThis = info.TryGetProperty("forkConfig", out var fork)
            && fork.TryGetProperty("forkUrl", out var url) && url.ValueKind == JsonValueKind.String && new Uri(url.GetString()!) == live
            && (await Eth.GetLatestBlockAsync(cancellationToken)).Ref.Hash == at.Hash;
        if (!isThis)
        {
            throw new DrillRefusedException($"What answers at {Url} is not the fork of block {at} that was started: nothing is done to it.", ExitCode.Failed);
        }
    }

    /// <summary>What anvil says of itself when it ends.</summary>
    private string LastWords()
    {
        using var reader = new StreamReader(new FileStream(_log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return string.Join(' ', reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(4));
    }
}
