using System.Text.Json;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Proofs;
using KeeperOracle.Host.Demo;
using KeeperOracle.Host.OracleNode;
using KeeperOracle.Host.Relay;
using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Relaying;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Shows;

/// <summary>The real processes of a stage of two chains: oracle nodes, the relay, and how a show waits for what they do.</summary>
internal sealed partial class TwoChainStage
{
    private const ulong HubLag = 900;
    private const int Rounds = 30;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(800);
    private const int Quorum = 3;

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly Uri _relayUrl = new($"http://127.0.0.1:{LocalChain.FreePort()}");
    private readonly List<(string Name, ChildProcess Process)> _processes = [];
    private ChildProcess? _relay;

    /// <summary>The relay's operator has sent by its key, and it has not yet begun since.</summary>
    private bool _isRelayKeyUsed;

    /// <summary>Whether a process that ends by itself is started again, as a service manager would; else that is a failure.</summary>
    public bool RestartsWhatEnds { get; set; }

    /// <summary>How often that was.</summary>
    public int Restarts { get; private set; }

    /// <summary>The configuration files of all processes; called by whatever starts one.</summary>
    public void WriteConfiguration() =>
        DemoConfiguration.Write(Directory, [(A.Chain, A.Deployment), (B.Chain, B.Deployment)], Keeper, Oracles, (Relay, _relayUrl), _publisher.Address);

    /// <summary>
    /// Lists an expiry of options on a chain's first collateral, forward at spot. What volatility it has the publisher has signed before, for the oracle nodes: on a market
    /// with expiries none starts without a surface.
    /// </summary>
    public async Task ListExpiryAsync(StageChain side, ulong expiry, double impliedVolatility, double spot, CancellationToken cancellationToken)
    {
        await PublishAsync(side, expiry, impliedVolatility, spot, cancellationToken);
        await ShowMaker.ListExpiryAsync(side, expiry, impliedVolatility, cancellationToken);
    }

    /// <summary>The publisher signs another volatility of an expiry.</summary>
    public async Task PublishAsync(StageChain side, ulong expiry, double impliedVolatility, double spot, CancellationToken cancellationToken)
    {
        var surface = new ShowSurface(side.Chain.Id, await side.NowAsync(cancellationToken), side.Deployment.Assets[0].Token, spot, [(expiry, spot, impliedVolatility)]);
        var (file, next) = (DemoConfiguration.Surface(Directory), DemoConfiguration.Surface(Directory) + ".next");
        await File.WriteAllTextAsync(next, surface.Signed(_publisher), cancellationToken);
        File.Move(next, file, overwrite: true); // a node that reads meanwhile has the one or the other
    }

    /// <summary>All four, and waits until each attests headers both ways.</summary>
    public async Task StartOraclesAsync(CancellationToken cancellationToken)
    {
        WriteConfiguration();
        foreach (var (key, _) in Oracles)
        {
            _processes.Add((key.Name, Launch(key.Name)));
        }

        await UntilAsync("the oracle nodes attest headers", async () =>
        {
            foreach (var (_, url) in Oracles)
            {
                foreach (var side in (StageChain[])[A, B])
                {
                    if (await GetAsync<OfferedHeaders>(url, $"api/v1/headers/{side.Chain.Id}/{Other(side).Chain.Id}", cancellationToken) is not { Headers.Length: > 0 })
                    {
                        return false;
                    }
                }
            }

            return true;
        }, cancellationToken);
    }

    /// <summary>The relay, and waits until it has read both links.</summary>
    public async Task StartRelayAsync(CancellationToken cancellationToken)
    {
        WriteConfiguration();
        _relay = Launch("relay");
        await UntilAsync("the relay has read both links", async () => (await LinksAsync(cancellationToken)).Count(link => link.Problem.Length == 0) == 2, cancellationToken);
        _isRelayKeyUsed = false;
    }

    /// <summary>Asks the relay to end.</summary>
    public async Task StopRelayAsync()
    {
        if (_relay is { } relay)
        {
            _started.Remove(relay);
            await relay.DisposeAsync();
            _relay = null;
        }
    }

    /// <summary>kill -9.</summary>
    public async Task KillRelayAsync()
    {
        if (_relay is { } relay)
        {
            await relay.KillAsync();
            await StopRelayAsync();
        }
    }

    /// <summary>How the relay's links stand; empty where it does not answer.</summary>
    public async Task<IReadOnlyList<LinkStatus>> LinksAsync(CancellationToken cancellationToken) =>
        await GetAsync<List<LinkStatus>>(_relayUrl, "api/v1/links", cancellationToken) ?? [];

    /// <summary>What the relay offers the owner of a lien's account; null where it does not answer.</summary>
    public Task<OfferedCount?> OfferedCountAsync(StageChain vault, ulong lien, CancellationToken cancellationToken) =>
        GetAsync<OfferedCount>(_relayUrl, $"api/v1/liens/{vault.Chain.Id}/{Other(vault).Chain.Id}/{lien}", cancellationToken);

    /// <summary>
    /// Attaches a lien: lets time pass until the relay has a header that shows it and is old enough, and sends the call that the relay gives as the account's owner. Gives the
    /// lien's key on the hub.
    /// </summary>
    public async Task<Hash32> CountAsync(StageChain vault, ulong lien, Address owner, CancellationToken cancellationToken)
    {
        OfferedCount? offered = null;
        await PassUntilAsync(
            $"the relay offers the proofs of lien {lien}", HubLag / 2, async () => (offered = await OfferedCountAsync(vault, lien, cancellationToken)) is { Refusal.Length: 0 }, cancellationToken);
        var hub = Other(vault);
        if (!MarginHub.CountLienFunction.TryDecodeCall(Hex.ToBytes(offered!.Data), out var call))
        {
            throw new InvalidOperationException("The relay gave something else than a call of countLien.");
        }

        await hub.SendAsync(owner, hub.CrossChain.MarginHub, call, cancellationToken);
        return KeyOf(vault, lien);
    }

    public static Hash32 KeyOf(StageChain vault, ulong lien) => LienSlots.KeyOf(new LienId(vault.Chain.Id.Value, vault.CrossChain.CollateralVault, lien));

    /// <summary>The hub's view of a lien of the other chain.</summary>
    public Task<RemoteLien> OnHubAsync(StageChain vault, ulong lien, CancellationToken cancellationToken) =>
        Other(vault).CallAsync(Other(vault).CrossChain.MarginHub, new MarginHub.LienOfFunction(KeyOf(vault, lien)), cancellationToken);

    /// <summary>The vault's own view.</summary>
    public static Task<Lien> InVaultAsync(StageChain vault, ulong lien, CancellationToken cancellationToken) =>
        vault.CallAsync(vault.CrossChain.CollateralVault, new CollateralVault.LienOfFunction(lien), cancellationToken);

    /// <summary>Time passes on both chains, so much at once, until this holds; between, the processes come to rest. Throws where it does not come.</summary>
    public async Task PassUntilAsync(string what, ulong seconds, Func<Task<bool>> holds, CancellationToken cancellationToken)
    {
        for (var round = 0; round < Rounds; round++)
        {
            if (await holds())
            {
                return;
            }

            await WaitAsync(seconds, cancellationToken);
            await QuietAsync(cancellationToken);
        }

        if (!await holds())
        {
            throw new InvalidOperationException($"After {Rounds} times {seconds} s of chain time it still does not hold that {what}: see the logs in {Directory}.");
        }
    }

    /// <summary>A quorum of the nodes has looked at the newest final block of both chains.</summary>
    private async Task<bool> AreAttestedAsync(CancellationToken cancellationToken)
    {
        foreach (var side in (StageChain[])[A, B])
        {
            var final = (await side.Chain.Eth.GetBlockByTagAsync("finalized", cancellationToken))?.Ref.Number ?? 0;
            var offers = await Task.WhenAll(Oracles.Select(oracle => GetAsync<OfferedHeaders>(
                oracle.Url, $"api/v1/headers/{side.Chain.Id}/{Other(side).Chain.Id}", cancellationToken)));
            if (offers.Count(offer => offer?.FinalBlock >= final) < Quorum)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Until the relay has read both heads and has nothing to send. What waits for an attestation is given a moment after the nodes have seen all there is: it may need a
    /// later block.
    /// </summary>
    public async Task QuietAsync(CancellationToken cancellationToken)
    {
        var waiting = TimeProvider.System.GetTimestamp();
        await UntilAsync("the relay comes to rest", async () =>
        {
            var (a, b) = (await A.Chain.Eth.GetLatestBlockAsync(cancellationToken), await B.Chain.Eth.GetLatestBlockAsync(cancellationToken));
            var links = await LinksAsync(cancellationToken);
            var isAtRest = links.Count == 2 && links.All(link => link is { Problem.Length: 0, Steps.IsEmpty: true }
                && (link.VaultBlock, link.HubBlock) == (link.Link.StartsWith($"{A.Chain.Id}", StringComparison.Ordinal) ? (a.Ref.Number, b.Ref.Number) : (b.Ref.Number, a.Ref.Number)));
            if (!isAtRest || links.Any(link => link.Waits.Any(wait => wait.Code == RelayWaitCode.AwaitingAttestation)) && !await AreAttestedAsync(cancellationToken))
            {
                waiting = TimeProvider.System.GetTimestamp();
                return false;
            }

            return !links.Any(link => link.Waits.Any(wait => wait.Code == RelayWaitCode.AwaitingAttestation)) || TimeProvider.System.GetElapsedTime(waiting) > Settling;
        }, cancellationToken);
    }

    /// <summary>
    /// Prices in all feeds, as of <see cref="SetPricesAsync"/>, but on one chain in a single block, after which it has none until this is disposed of: whoever sees it sees the same,
    /// and what they send waits for the same next block.
    /// </summary>
    public async Task<IAsyncDisposable> SetPricesAndHoldAsync(StageChain held, HourlyPrices prices, CancellationToken cancellationToken)
    {
        var at = await LatestAsync(cancellationToken) + 60;
        await Other(held).Market.SetPricesAsync(prices, at, cancellationToken);
        await held.Chain.Rpc.SendAsync("evm_setAutomine", cancellationToken, false);
        var hold = new Hold(held);
        try
        {
            await held.PushTogetherAsync(prices, cancellationToken);
            await held.Chain.SetNextTimestampAsync(at, cancellationToken);
            await held.Chain.Rpc.SendAsync("anvil_mine", cancellationToken, "0x1");
            return hold;
        }
        catch
        {
            await hold.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits for a condition with a generous limit. Throws where a process of the stage has ended by itself.</summary>
    public async Task UntilAsync(string what, Func<Task<bool>> holds, CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            await ReviveAsync();
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
            {
                throw new InvalidOperationException($"Within {Patience.TotalSeconds} s it did not come that {what}: see the logs in {Directory}.");
            }

            await Task.Delay(50, cancellationToken);
        }
    }

    /// <summary>Looks after the oracle nodes and the relay. Throws where one has ended by itself and is not to be started again.</summary>
    public async Task ReviveAsync()
    {
        for (var i = 0; i < _processes.Count; i++)
        {
            if (_processes[i].Process is { HasExited: true } ended)
            {
                _processes[i] = (_processes[i].Name, await ReviveAsync(_processes[i].Name, ended));
            }
        }

        if (_relay is { HasExited: true } relay)
        {
            _relay = await ReviveAsync("relay", relay);
        }
    }

    private async Task<ChildProcess> ReviveAsync(string name, ChildProcess ended)
    {
        if (!RestartsWhatEnds)
        {
            throw new InvalidOperationException($"{name} ended by itself with {ended.ExitCode}: see its log in {Directory}.");
        }

        Restarts++;
        _started.Remove(ended);
        await ended.DisposeAsync();
        return Launch(name);
    }

    /// <summary>The process of this name; its number is in a file beside its configuration.</summary>
    private ChildProcess Launch(string name)
    {
        var own = Path.Combine(Directory, $"{name}.json");
        var isRelay = name == "relay";
        string[] adopt = isRelay && _isRelayKeyUsed ? ["--adopt-nonce"] : [];
        var process = ChildProcess.StartSelf(name, Directory, [isRelay ? "relay" : "oracle", "run", "-c", DemoConfiguration.Common(Directory), "-c", own, .. adopt]);
        File.WriteAllText(Path.Combine(Directory, $"{name}.pid"), $"{process.Id}\n");
        _started.Add(process);
        return process;
    }

    /// <summary>Null where there is no answer.</summary>
    private async Task<T?> GetAsync<T>(Uri url, string path, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await _http.GetFromJsonAsync<T>(new Uri(url, path), KeeperJson.Options, cancellationToken);
        }
        catch (Exception silent) when (silent is HttpRequestException or IOException or JsonException || (silent is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>At its end every transaction has a block again, those that wait in the next.</summary>
    private sealed class Hold(StageChain side) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await side.Chain.Rpc.SendAsync("evm_setAutomine", CancellationToken.None, true);
            await side.Chain.Rpc.SendAsync("anvil_mine", CancellationToken.None, "0x1");
        }
    }
}
