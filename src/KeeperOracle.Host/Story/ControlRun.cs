using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Signers;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Chains;
using KeeperOracle.Host.Commands;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Host.Drill;
using KeeperOracle.Host.Journal;
using KeeperOracle.Host.Shows;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Story;

/// <summary>
/// The control run of scene 4: the same two days on B without the swap and without the ramp. A fork leaves the live chain before the shock, and everything that was mined there since is
/// sent again in blocks of the same times, but for Alice's mandate, what the keepers sent, which is the request for the swap and the attempt of who came too late, and what the relay told B's hub
/// of the order and of the liens on A, where the swap has been. After the report of 90 % the ramp is ended (<see cref="EndedRamp"/>).
/// Then a keeper is started on the fork, as in a drill: with a key and a journal of its own.
/// <para>The live chain is only read, through <see cref="LiveDoor"/>. The keeper's key is made in memory, has nothing on the live chain and dies with the run.</para>
/// </summary>
internal sealed class ControlRun(StoryCast cast, ForkedChain fork, ChainOptions chain, KeeperOracleOptions options)
{
    /// <summary>The largest that the contracts allow for any asset.</summary>
    private const double FastRamp = .16;
    private const string JournalFile = "control.journal.db";
    private const int MaxBlocks = 200;
    private const ulong Standstill = 16;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);
    private static readonly BigInteger Coins = BigInteger.Pow(10, 24);
    private static readonly BigInteger Stable = BigInteger.Pow(10, 13);

    public static async Task<ShowStep> PlayAsync(StoryCast cast, CancellationToken cancellationToken)
    {
        string[] files = [Demo.DemoConfiguration.Common(cast.Stage.Directory), Demo.DemoConfiguration.Keeper(cast.Stage.Directory)];
        var options = CommandOptions.Load(files, ConfigurationUse.ReadOnly) ?? throw new InvalidOperationException("The story's own configuration is refused: see above.");
        var chain = options.Chains.Single(one => one.Id == cast.B.Chain.Id);
        await using var door = await LiveDoor.OpenAsync(new EndpointOptions("live B", new SecretUrl(cast.B.Chain.Url)), cancellationToken);
        await cast.Stage.QuietAsync(cancellationToken); // nor does the relay send anything while this is played
        var live = (await cast.B.Chain.Eth.GetLatestBlockAsync(cancellationToken)).Ref;
        await using var fork = await ForkedChain.StartAsync(
            cast.Stage.Anvil, chain.Id, cast.BeforeTheShock, door.Url, cast.Stage.Directory, TimeProvider.System, cancellationToken);
        return await new ControlRun(cast, fork, chain, options).PlayAsync(door, live, cancellationToken);
    }

    private async Task<ShowStep> PlayAsync(LiveDoor door, BlockRef live, CancellationToken cancellationToken)
    {
        var (again, leftOut) = await SendAgainAsync(live, cancellationToken);
        using var signer = new LocalSigner(PrivateKey.Generate());
        await FundAsync(signer.Address, live.Timestamp + 1, cancellationToken);
        using var access = new ChainAccess(ForkKeeper.OnFork(chain, fork), TimeProvider.System);
        var before = await ReadAsync(access, signer.Address, cancellationToken);
        var refusal = await RefusalOfAFastRampAsync(cancellationToken);
        var remote = await LienWorth.OnAsync(cast, fork.Eth, cancellationToken);

        using var journal = OpenJournal();
        journal.AdoptNonce(chain.Id, signer.Address, await fork.Eth.GetTransactionCountAsync(signer.Address, cancellationToken));
        var watch = new DrillWatch(before, blockSeconds: 1, MaxBlocks, Standstill, chain.Sending.MaxInFlight);
        var watched = await new ForkKeeper(options, chain, fork, TimeProvider.System).RunAsync(journal, signer, watch, Pace, _ => { }, cancellationToken);
        var after = await ReadAsync(access, signer.Address, cancellationToken);
        var liquidated = await LiquidationsAsync(before.Block, after.Block, cancellationToken);
        var liveNow = (await cast.B.Chain.Eth.GetLatestBlockAsync(cancellationToken)).Ref;
        var nonce = await cast.B.Chain.Eth.GetTransactionCountAsync(signer.Address, cancellationToken);

        var (asset, held) = (before.Assets[0], cast.AliceIn(before));
        var value = SnapshotValuation.Value(before, held);
        var health = value.Health!.Value.ToDouble();
        var made = liquidated.Count == 1 ? liquidated[0] : null;
        var (repaid, seized) = (Units(made?.Repaid, 6), Units(made?.Seized[0], 18));
        var threshold = SnapshotValuation.ThresholdAfterRamp(asset, asset.Attested.Volatility, asset.Attested.Slippage).ToDouble();
        var target = before.Market.TargetHealth.ToDouble();
        return ShowStep.Of(
            $"So it is played: on a fork of B, from the block before the shock on, {again} transactions are sent again at their own times, but without Alice's mandate, the request for the swap and what the relay told the hub of it. A ramp of {FastRamp:P0} a day the contracts refuse even to governance, "
            + $"so its end is written into the fork's state: the threshold is {asset.LiquidationThreshold.ToDouble():0.000000} at once. Alice's health is {health:0.0000}, and the same keeper liquidates her: "
            + $"it repays {repaid:N2} and takes {seized:N4} WETH, after which her health is {Units(made?.HealthAfter, 18):0.0000}. On the live chain nothing has moved.",
            new
            {
                weth = Units(held.Collateral[0], 18),
                price = asset.Price.PerToken.ToDouble(),
                lien = remote.Weth.Units,
                lienVolatility = remote.Weth.Volatility,
                stableLien = remote.Usdt.Units,
                stableLienVolatility = remote.Usdt.Volatility,
                stableThreshold = remote.Usdt.Threshold,
                finalityLag = remote.Weth.FinalityLag,
                volatility = asset.Attested.Volatility.ToDouble(),
                slippage = asset.Attested.Slippage.ToDouble(),
                tailMultiplier = asset.Bounds.TailMultiplier.ToDouble(),
                horizonSeconds = asset.Bounds.HorizonSeconds,
                bonus = asset.Bounds.Bonus.ToDouble(),
                jump = asset.Bounds.Jump.ToDouble(),
                debt = value.Debt.ToDouble(),
                requirement = value.MaintenanceRequirement.ToDouble(),
                credit = Units(held.Credit, 6),
                targetHealth = target,
                bonusFloor = before.Market.BonusFloor.ToDouble(),
                fullBonusUnderHealth = before.Market.FullBonusUnderHealth.ToDouble(),
                leftOut,
            },
            new
            {
                threshold = asset.LiquidationThreshold.ToDouble(),
                health,
                liquidations = liquidated.Count,
                repaid,
                seized,
                healthBefore = Units(made?.HealthBefore, 18),
                healthAfter = Units(made?.HealthAfter, 18),
                refusalOfAFastRamp = refusal,
                end = watched.End,
                liveBlocks = (ulong[])[live.Number, liveNow.Number],
                askedOfTheLiveChain = door.Asked.Keys,
                turnedAway = door.TurnedAway.Keys,
                nonceOnTheLiveChain = nonce,
            },
            $"one liquidation, by the keeper of the fork, from under 1 to the target of {target:0.00}; the threshold by the formula without a ramp, {threshold:0.000000}; mandate, request and what came of it left out; the live chain at the same block, which gave nothing but reads",
            made is not null && made.Account == cast.Account && made.Liquidator == signer.Address && health < 1 && made.HealthAfter >= before.Market.TargetHealth.Raw - 10
            && ShowStep.Near(asset.LiquidationThreshold.ToDouble(), threshold, 1e-9) && leftOut.Length == 3 && remote.Weth.Units == BeginningScene.Locked && remote.Usdt.Units == BeginningScene.LockedStable && refusal.Length > 0
            && liveNow == live && nonce == 0 && door.Asked.Keys.All(Methods.IsRead));
    }

    /// <summary>What was mined on the live chain since, at the same times.</summary>
    /// <returns>how many transactions, and what was left out</returns>
    private async Task<(int Again, string[] LeftOut)> SendAgainAsync(BlockRef live, CancellationToken cancellationToken)
    {
        var (again, leftOut, lastReport) = (0, new List<string>(), await ReportedAtAsync(cancellationToken));
        for (var number = cast.BeforeTheShock.Number + 1; number <= live.Number; number++)
        {
            var block = await cast.B.Chain.Rpc.SendAsync("eth_getBlockByNumber", cancellationToken, $"0x{number:x}", true);
            var sent = new List<Hash32>();
            foreach (var transaction in block.GetProperty("transactions").EnumerateArray())
            {
                if (NameOfLeftOut(transaction) is { } name)
                {
                    leftOut.Add(name);
                }
                else
                {
                    sent.Add(await fork.SendAgainAsync(transaction, cancellationToken));
                }
            }

            if (sent.Count == 0 && number < live.Number)
            {
                continue;
            }

            var time = ulong.Parse(block.GetProperty("timestamp").GetString()![2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            await fork.MineAsync(time, cancellationToken);
            await RequireSuccessAsync(sent, number, cancellationToken);
            again += sent.Count;
            if (await ReportedAtAsync(cancellationToken) is var reported && reported != lastReport)
            {
                lastReport = reported;
                await EndedRamp.WriteAsync(fork, cast.B.Deployment.Addresses.RiskOracle, cast.Weth.Token, reported, cancellationToken);
            }
        }

        return (again, [.. leftOut.Distinct()]);
    }

    /// <summary>Null for what is sent again.</summary>
    private string? NameOfLeftOut(JsonElement transaction)
    {
        bool IsOf(string name, Address address) => transaction.GetProperty(name) is { ValueKind: JsonValueKind.String } text && Address.FromHex(text.GetString()!) == address;
        var isForHub = IsOf("to", cast.B.CrossChain.MarginHub);
        var isMandate = isForHub && MarginHub.SetLienSwapMandateFunction.TryDecodeCall(Hex.ToBytes(transaction.GetProperty("input").GetString()!), out _);
        return cast.Keepers.Any(keeper => IsOf("from", keeper.Address)) ? "what the keepers sent"
            : isMandate ? "Alice's mandate"
            : isForHub && IsOf("from", cast.Stage.Relay.Address) ? "what the relay told the hub"
            : null;
    }

    private async Task RequireSuccessAsync(List<Hash32> sent, ulong number, CancellationToken cancellationToken)
    {
        var receipts = await fork.Eth.GetTransactionReceiptsAsync(sent, cancellationToken);
        if (receipts.Count != sent.Count || receipts.Any(receipt => !receipt.Succeeded))
        {
            throw new InvalidOperationException($"A transaction of block {number} of chain B did not succeed again on the fork.");
        }
    }

    private async Task<ulong> ReportedAtAsync(CancellationToken cancellationToken) =>
        (ulong)await CallAsync(cast.B.Deployment.Addresses.RiskOracle, new RiskOracle.LastReportAtFunction(), cancellationToken);

    private async Task FundAsync(Address signer, ulong time, CancellationToken cancellationToken)
    {
        var stable = cast.B.Deployment.Stable;
        await fork.SetBalanceAsync(signer, Coins, cancellationToken);
        List<Hash32> sent =
        [
            await fork.SendAsAsync(cast.B.Deployer, stable, new MockToken.MintFunction(signer, Stable), cancellationToken),
            await fork.SendAsAsync(signer, stable, new ERC20.ApproveFunction(cast.Vault, Stable), cancellationToken),
        ];
        var block = await fork.MineAsync(time, cancellationToken);
        await RequireSuccessAsync(sent, block.Ref.Number, cancellationToken);
    }

    /// <summary>Governance itself asks for a ramp that is no ramp; the contract's words.</summary>
    private async Task<string> RefusalOfAFastRampAsync(CancellationToken cancellationToken)
    {
        var oracle = cast.B.Deployment.Addresses.RiskOracle;
        var bounds = await CallAsync(oracle, new RiskOracle.BoundsOfFunction(cast.Weth.Token), cancellationToken);
        var fast = new RiskOracle.SetBoundsFunction(cast.Weth.Token, bounds with { RampPerDay = (ulong)Wad.FromDoubleDown(FastRamp).Raw });
        try
        {
            await fork.Eth.EstimateGasAsync(cast.B.AddressOf("timelock"), oracle, fast.EncodeCall(), BigInteger.Zero, cancellationToken);
            return "";
        }
        catch (ContractRevertException refused)
        {
            return refused.Message;
        }
    }

    private async Task<IReadOnlyList<MarginVault.LiquidatedEvent>> LiquidationsAsync(BlockRef from, BlockRef to, CancellationToken cancellationToken)
    {
        var found = new List<MarginVault.LiquidatedEvent>();
        foreach (var log in await fork.Eth.GetLogsAsync(new LogFilter(cast.Vault, null, null, from.Number + 1, to.Number), cancellationToken))
        {
            if (MarginVault.LiquidatedEvent.TryDecode(log, out var one))
            {
                found.Add(one);
            }
        }

        return found;
    }

    private async Task<ChainSnapshot> ReadAsync(ChainAccess access, Address keeper, CancellationToken cancellationToken) =>
        await new SnapshotReader(access.Reader, access.Eth, access.Addresses, chain.Id)
            .ReadAsync((await fork.Eth.GetLatestBlockAsync(cancellationToken)).Ref, keeper, cancellationToken);

    private async Task<T> CallAsync<T>(Address to, IContractFunction<T> call, CancellationToken cancellationToken) =>
        await fork.Eth.CallAsync(call, to, cast.B.Deployer, (await fork.Eth.GetLatestBlockAsync(cancellationToken)).Ref.Hash, cancellationToken);

    /// <summary>A new one, and beside it a configuration that names it for `account explain`.</summary>
    private Journal.Journal OpenJournal()
    {
        File.WriteAllText(
            Path.Combine(cast.Stage.Directory, "control.json"),
            new JsonObject { ["KeeperOracle"] = new JsonObject { ["JournalFile"] = JournalFile } }.ToJsonString());
        return Journal.Journal.Open(Path.Combine(cast.Stage.Directory, JournalFile), new JournalSettings(LeaseSeconds: options.Keeper.LeaseSeconds), TimeProvider.System);
    }

    private static double Units(BigInteger? units, int decimals) => units is { } known ? (double)known / Math.Pow(10, decimals) : 0;
}
