using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Demo;
using KeeperOracle.Host.Journal;
using KeeperOracle.Host.Shows;
using KeeperOracle.Keeper;
using KeeperOracle.MarginOracle.Leaves;
using KeeperOracle.MarginOracle.Observations;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Story;

/// <summary>Who plays in the story, and what they have come to: the stage with its processes, Alice's account on B, her lien on A, her options.</summary>
internal sealed class StoryCast : IAsyncDisposable
{
    private const int TokensOfTheMaker = 400;
    private const double MeansOfTheRelay = 1_000_000;
    private static readonly BigInteger MeansOfAKeeper = 20_000_000 * BigInteger.Pow(10, 6);
    private static readonly BigInteger GasOfAKeeper = BigInteger.Pow(10, 21);
    private static readonly TimeSpan KeeperLimit = TimeSpan.FromSeconds(180);

    private readonly ImmutableArray<PrivateKey> _signers;
    private readonly string _root;
    private readonly ImmutableArray<StoryKeeper> _keepers;

    private StoryCast(TwoChainStage stage, string root)
    {
        (Stage, _root) = (stage, root);
        var second = DemoKey.Create("keeper-2", "keeper", System.IO.Directory.CreateDirectory(Path.Combine(stage.Directory, "keeper-2")).FullName);
        _keepers = [new StoryKeeper(stage, stage.Keeper, stage.Directory), new StoryKeeper(stage, second, Path.Combine(stage.Directory, second.Name))];
        _signers = [.. stage.Oracles.Select(oracle => KeystoreV3.Decrypt(File.ReadAllText(oracle.Key.KeystoreFile), File.ReadAllText(oracle.Key.PasswordFile))).OrderBy(key => key.Address)];
    }

    public TwoChainStage Stage { get; }

    public StageChain A => Stage.A;

    public StageChain B => Stage.B;

    /// <summary>On either chain: a local node holds her key.</summary>
    public Address Alice => B.Chain.Accounts[2];

    public Hash32 Account => StageChain.AccountOf(Alice, 0);

    /// <summary>Who writes options in scene 8.</summary>
    public Address Bob => B.Chain.Accounts[3];

    /// <summary>Somebody without any role.</summary>
    public Address Anyone => B.Chain.Accounts[9];

    public DemoAsset Weth => B.Deployment.Assets[0];

    /// <summary>The stable token that is collateral; of the one that is lent it is another. On A it stands elsewhere.</summary>
    public DemoAsset Usdt => B.Deployment.Assets[2];

    public Address Vault => B.Deployment.Addresses.MarginVault;

    public Address Book => B.AddressOf("optionBook");

    public ShowMaker Maker { get; private set; } = null!;

    /// <summary>Alice's lien of WETH on A, by its number there and its key on B.</summary>
    public (ulong Number, Hash32 Key) Lien { get; set; }

    /// <summary>Her other one, of the stable token, which a swap of the first fills.</summary>
    public (ulong Number, Hash32 Key) StableLien { get; set; }

    /// <summary>Of her options; chain seconds.</summary>
    public ulong Expiry { get; set; }

    /// <summary>What the story attests of her options' expiry.</summary>
    public double ImpliedVolatility { get; set; } = .60;

    /// <summary>Her liens as they were before the swap, at the price after the shock: what the control of scene 4 begins with.</summary>
    public LienWorth? LiensBeforeTheSwap { get; set; }

    /// <summary>B's head before the shock of scene 3 and all that followed: where the control run leaves the live chain.</summary>
    public BlockRef BeforeTheShock { get; set; }

    /// <summary>What the reports of the story rest on.</summary>
    public StoryBacktest Backtest { get; } = new();

    /// <summary>Of Alice's account by either keeper, once scene 9 has told them.</summary>
    public IReadOnlyList<StoryTimeline> Timelines { get; set; } = [];

    public HourlyPrices Prices { get; private set; } = new(3000, 60000);

    /// <summary>How often a process ended by itself and was started again.</summary>
    public int Restarts => Stage.Restarts + _keepers.Sum(keeper => keeper.Restarts);

    /// <summary>Two, who want the same. The first lives in the story's directory, the second in a folder of it.</summary>
    public IReadOnlyList<StoryKeeper> Keepers => _keepers;

    public static async Task<StoryCast> GatherAsync(DemoTools tools, CancellationToken cancellationToken)
    {
        var stage = await TwoChainStage.SetAsync(tools, null, cancellationToken, withStable: true);
        try
        {
            var cast = new StoryCast(stage, tools.Root);
            cast.Maker = await ShowMaker.OpenAsync(cast.B, TokensOfTheMaker, cancellationToken);
            stage.RestartsWhatEnds = true;
            await stage.StartOraclesAsync(cancellationToken);
            await stage.FundRelayAsync(cast.A, cast.A.Deployment.Assets[2], MeansOfTheRelay, cancellationToken);
            await stage.StartRelayAsync(cancellationToken);
            foreach (var side in (StageChain[])[cast.A, cast.B])
            {
                await side.SendAsync(side.Deployer, side.Deployment.Stable, new MockToken.MintFunction(cast.Keepers[1].Address, MeansOfAKeeper), cancellationToken);
                await side.Chain.SetBalanceAsync(cast.Keepers[1].Address, GasOfAKeeper, cancellationToken);
            }

            await cast.StartKeeperAsync(cancellationToken);
            return cast;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopKeeperAsync();
        await Stage.DisposeAsync();
        Maker?.Dispose();
        foreach (var key in _signers)
        {
            key.Dispose();
        }
    }

    // ------------------------------------------------------------------------------------------- the world

    /// <summary>In all feeds of both chains, a minute later.</summary>
    public async Task SetPricesAsync(double weth, double wbtc, CancellationToken cancellationToken)
    {
        Prices = new HourlyPrices(weth, wbtc);
        await Stage.SetPricesAsync(Prices, cancellationToken);
    }

    /// <summary>So much time on both chains; the feeds go on saying the same.</summary>
    public async Task WaitAsync(ulong seconds, CancellationToken cancellationToken)
    {
        await Stage.WaitAsync(seconds, cancellationToken);
        await Stage.SetPricesAsync(Prices, cancellationToken);
    }

    /// <summary>A real pool of WETH and stable on B at this price.</summary>
    public async Task<ShowPool> OpenPoolAsync(double price, CancellationToken cancellationToken)
    {
        var stable = new DemoAsset("USDC", B.Deployment.Stable, [], default, 6, 8);
        return await ShowPool.MakeAsync(B, await B.DeployAsync(_root, ShowPool.Minter, cancellationToken), Weth, 20_000, stable, 20_000 * price, cancellationToken);
    }

    // ------------------------------------------------------------------------------------------- what is seen

    /// <summary>Everything the keeper would see of B at the head.</summary>
    public async Task<ChainSnapshot> SnapshotAsync(CancellationToken cancellationToken)
    {
        var head = await B.Chain.Eth.GetLatestBlockAsync(cancellationToken);
        return await new SnapshotReader(Reader, B.Chain.Eth, B.Deployment.Addresses, B.Chain.Id).ReadAsync(head.Ref, Stage.Keeper.Address, cancellationToken);
    }

    public AccountSnapshot AliceIn(ChainSnapshot snapshot) => snapshot.Accounts.First(account => account.Account == Account);

    public AccountValuation ValueOfAlice(ChainSnapshot snapshot) => SnapshotValuation.Value(snapshot, AliceIn(snapshot));

    public double Health(ChainSnapshot snapshot) => ValueOfAlice(snapshot).Health!.Value.ToDouble();

    /// <summary>Alice's requirement computed here, and what it was computed from.</summary>
    public Task<MadeLeaf> LeafAsync(CancellationToken cancellationToken) => LeafAsync(Account, cancellationToken);

    /// <summary>The same of any account on B.</summary>
    public async Task<MadeLeaf> LeafAsync(Hash32 account, CancellationToken cancellationToken)
    {
        var block = (await B.Chain.Eth.GetLatestBlockAsync(cancellationToken)).Ref;
        var (made, refusal) = await LeafMaker.MakeAsync(Reader, B.Deployment.Addresses, Book, account, block, cancellationToken);
        return made ?? throw new InvalidOperationException($"There is no leaf of account {account}: {refusal}.");
    }

    private ChainReader Reader => new(B.Chain.Rpc, B.Deployment.Addresses.Multicall3);

    // ------------------------------------------------------------------------------------------- reports

    /// <summary>
    /// A report on B that all four nodes sign and anyone carries; the last node lies: half of each volatility. The stable token's stays at the least that governance lets be
    /// attested, as a node's own computation has it for a price that does not move.
    /// </summary>
    public async Task ReportAsync(double volatility, CancellationToken cancellationToken)
    {
        var snapshot = await SnapshotAsync(cancellationToken);
        var now = snapshot.Block.Timestamp;
        if (Expiry > now)
        {
            await Stage.PublishAsync(B, Expiry, ImpliedVolatility, Prices.Weth, cancellationToken);
        }

        var signing = new ObservationSigning(B.Chain.Id, B.Deployment.Addresses.AttestationVerifier);
        ulong Scaled(double value) => (ulong)Wad.FromDoubleDown(value).Raw;
        var inputs = await Backtest.CommitAsync(Stage.Directory, B, snapshot.Block, cancellationToken);
        Observation Seen(double share) => new(
            snapshot.Report.MarketId,
            snapshot.Report.Epoch + 1,
            snapshot.Report.ConfigDigest,
            now,
            now,
            now + 1800,
            inputs.ToRoot(),
            [
                .. snapshot.Assets.Select(asset => new AssetRisk(
                    asset.Token,
                    Scaled((asset.Token == Usdt.Token ? asset.Bounds.VolatilityFloor.ToDouble() : volatility) * share),
                    (ulong)asset.Attested.Slippage.Raw,
                    [.. asset.Expiries.Select(expiry => new ExpiryRisk(expiry, Scaled(ImpliedVolatility * share), (ulong)Wad.Scale))])),
            ]);
        var signed = _signers.Select((key, i) => signing.Sign(Seen(i == _signers.Length - 1 ? .5 : 1), key)).ToList();
        var receipt = await B.SendAsync(Anyone, B.Deployment.Addresses.RiskOracle, new RiskOracle.SubmitFunction(signed), cancellationToken);
        Backtest.Carry(receipt.TransactionHash, inputs);
    }

    // ------------------------------------------------------------------------------------------- the keeper

    /// <summary>Both, until they have come to rest.</summary>
    public async Task StartKeeperAsync(CancellationToken cancellationToken)
    {
        StartKeepers();
        await QuietAsync(cancellationToken);
    }

    private void StartKeepers()
    {
        foreach (var keeper in _keepers)
        {
            keeper.Start();
        }
    }

    /// <summary>Both.</summary>
    public async Task StopKeeperAsync()
    {
        foreach (var keeper in _keepers)
        {
            await keeper.DisposeAsync();
        }
    }

    /// <summary>kill -9 of both.</summary>
    public async Task KillKeeperAsync()
    {
        foreach (var keeper in _keepers)
        {
            await keeper.KillAsync();
        }
    }

    /// <summary>
    /// Prices as of <see cref="SetPricesAsync"/>, but both keepers see them in the same block of B, and no block comes until both have tried to do something about them. In the
    /// middle of it both are killed, and started again.
    /// </summary>
    /// <param name="kind">of what they will try, as their purposes begin</param>
    public async Task RaceAsync(double weth, double wbtc, string kind, CancellationToken cancellationToken)
    {
        Prices = new HourlyPrices(weth, wbtc);
        await using (await Stage.SetPricesAndHoldAsync(B, Prices, cancellationToken))
        {
            await KillKeeperAsync();
            StartKeepers();
            await UntilAsync($"tried to {kind}", () => Task.FromResult(_keepers.All(keeper => keeper.HasTried(B.Chain.Id, kind))), cancellationToken);
        }

        await QuietAsync(cancellationToken);
    }

    /// <summary>Until both keepers have seen both heads and nothing is under way; what has ended is started again. Throws where that does not come.</summary>
    public async Task QuietAsync(CancellationToken cancellationToken)
    {
        var quiet = 0;
        await UntilAsync("come to rest", async () =>
        {
            var isQuiet = true;
            foreach (var keeper in _keepers)
            {
                isQuiet = isQuiet && await keeper.IsQuietAsync(cancellationToken);
            }

            quiet = isQuiet ? quiet + 1 : 0;
            return quiet == 3;
        }, cancellationToken);
    }

    private async Task UntilAsync(string what, Func<Task<bool>> holds, CancellationToken cancellationToken)
    {
        for (var limit = DateTime.UtcNow + KeeperLimit; !await holds();)
        {
            if (DateTime.UtcNow > limit)
            {
                throw new InvalidOperationException($"The keepers have not {what} within {KeeperLimit.TotalSeconds} s: see their keeper.log in {Stage.Directory} and its keeper-2.");
            }

            await Stage.ReviveAsync();
            foreach (var keeper in _keepers)
            {
                await keeper.ReviveAsync();
            }

            await Task.Delay(100, cancellationToken);
        }
    }

    /// <summary>What the keepers have signed on B so far whose purpose begins so, with what became of it; of each keeper the newest first.</summary>
    public IReadOnlyList<IntentRecord> Intents(string family) => [.. _keepers.SelectMany(keeper => keeper.Read(journal => journal.RecentIntents(1000)))
        .Where(intent => intent.ChainId == B.Chain.Id && intent.Purpose.StartsWith(family, StringComparison.Ordinal))];

    /// <summary>The last decision of the first keeper about a subject; null where there is none.</summary>
    public Verdict? LastVerdict(string subject) => _keepers[0].Read(journal => journal.Decisions(1, long.MaxValue).SelectMany(record => KeeperJson.ReadDecisions(record.Decisions.Span))
        .LastOrDefault(decision => decision.Chain == B.Chain.Id && decision.Subject == subject)?.Verdict);

    /// <summary>WETH on B out of nothing, as collateral of the owner's first account.</summary>
    public async Task AddCollateralAsync(Address owner, double tokens, CancellationToken cancellationToken)
    {
        var units = Weth.Units(tokens);
        await B.SendAsync(owner, Weth.Token, new MockToken.MintFunction(owner, units), cancellationToken);
        await B.SendAsync(owner, Weth.Token, new MockToken.ApproveFunction(Vault, units), cancellationToken);
        await B.SendAsync(owner, Vault, new MarginVault.AddCollateralFunction(StageChain.AccountOf(owner, 0), Weth.Token, units), cancellationToken);
    }

    /// <summary>Stable units on B out of nothing, which the vault may take.</summary>
    public async Task FundAsync(Address who, BigInteger units, CancellationToken cancellationToken)
    {
        await B.SendAsync(B.Deployer, B.Deployment.Stable, new MockToken.MintFunction(who, units), cancellationToken);
        await B.SendAsync(who, B.Deployment.Stable, new ERC20.ApproveFunction(Vault, units), cancellationToken);
    }
}
