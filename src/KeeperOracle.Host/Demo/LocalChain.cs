using System.Net;
using System.Net.Sockets;
using System.Numerics;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Demo;

/// <summary>An anvil process of the demo and what only a local chain can do: move its clock, and send for accounts it holds the keys of.</summary>
internal sealed class LocalChain : IAsyncDisposable
{
    private readonly ChildProcess _process;
    private readonly HttpRpc _rpc;

    private LocalChain(ChildProcess process, HttpRpc rpc, ChainId id, string name, Uri url) =>
        (_process, _rpc, Id, Name, Url, Eth) = (process, rpc, id, name, url, new EthApi(rpc));

    public ChainId Id { get; }

    public string Name { get; }

    public Uri Url { get; }

    public EthApi Eth { get; }

    public IRpc Rpc => _rpc;

    /// <summary>Accounts with keys and gas, from the node's own well-known mnemonic.</summary>
    public IReadOnlyList<Address> Accounts { get; private set; } = [];

    /// <param name="more">arguments of anvil besides</param>
    public static async Task<LocalChain> StartAsync(
        string anvil, ChainId id, string name, ulong timestamp, string directory, CancellationToken cancellationToken, IReadOnlyList<string>? more = null)
    {
        var port = FreePort();
        var url = new Uri($"http://127.0.0.1:{port}");
        var process = ChildProcess.Start(
            anvil,
            ["--port", $"{port}", "--chain-id", $"{id}", "--timestamp", $"{timestamp}", "--accounts", "24", "--balance", "100000", "--silent", .. more ?? []],
            directory,
            Path.Combine(directory, $"anvil-{id}.log"));
        var chain = new LocalChain(process, new HttpRpc($"anvil {name}", url), id, name, url);
        try
        {
            await chain.WaitUntilReadyAsync(cancellationToken);
            return chain;
        }
        catch
        {
            await chain.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends as an account of the node and waits for success; a revert throws with the contract's words.</summary>
    public async Task<TransactionReceipt> SendAsync<T>(Address from, Address to, IContractFunction<T> call, CancellationToken cancellationToken)
    {
        var data = call.EncodeCall();
        var gas = await Eth.EstimateGasAsync(from, to, data, BigInteger.Zero, cancellationToken);
        var hash = await _rpc.SendAsync(
            "eth_sendTransaction",
            cancellationToken,
            new Dictionary<string, object?>
            {
                ["from"] = from.ToString(),
                ["to"] = to.ToString(),
                ["data"] = Hex.FromBytes(data),
                ["gas"] = $"0x{gas + (gas / 2):x}",
            });
        for (var i = 0; i < 200; i++)
        {
            if (await Eth.GetTransactionReceiptAsync(Hash32.FromHex(hash.GetString()!), cancellationToken) is { } receipt)
            {
                return receipt.Succeeded ? receipt : throw new InvalidOperationException($"A transaction of the demo reverted on chain {Name}: {call}.");
            }

            await Task.Delay(10, cancellationToken);
        }

        throw new InvalidOperationException($"A transaction of the demo was not mined on chain {Name}: {call}.");
    }

    /// <summary>The chain time of the next block.</summary>
    public Task SetNextTimestampAsync(ulong timestamp, CancellationToken cancellationToken) =>
        _rpc.SendAsync("evm_setNextBlockTimestamp", cancellationToken, timestamp);

    public Task SetBalanceAsync(Address account, BigInteger wei, CancellationToken cancellationToken) =>
        _rpc.SendAsync("anvil_setBalance", cancellationToken, account.ToString(), $"0x{wei.ToString("x", System.Globalization.CultureInfo.InvariantCulture).TrimStart('0')}");

    /// <summary>Ends it at once, as a machine does that fails; what it knew is gone.</summary>
    public Task KillAsync() => _process.KillAsync();

    public async ValueTask DisposeAsync()
    {
        _rpc.Dispose();
        await _process.DisposeAsync();
    }

    /// <summary>
    /// A port that nothing listens on, under those that systems give to outgoing connections (from 32768 on Linux): one of them could take it before it is used. Where another
    /// process listens there first after all, the start fails and says so.
    /// </summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(10_000, 32_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException taken) when (taken.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                // Another one then.
            }
        }
    }

    private async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        using var probe = new HttpClient { Timeout = TimeSpan.FromSeconds(1) };
        for (var i = 0; i < 200 && !_process.HasExited; i++)
        {
            try
            {
                using var answer = await probe.PostAsync(Url, new StringContent("{}"), cancellationToken);
                var accounts = await _rpc.SendAsync("eth_accounts", cancellationToken);
                Accounts = [.. accounts.EnumerateArray().Select(account => Address.FromHex(account.GetString()!))];
                return;
            }
            catch (Exception notYet) when (notYet is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                await Task.Delay(50, cancellationToken);
            }
        }

        throw new InvalidOperationException($"anvil for chain {Name} did not start; its log is beside the demo's other files.");
    }
}
