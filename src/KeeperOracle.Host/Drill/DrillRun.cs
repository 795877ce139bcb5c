using System.Numerics;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Signers;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Chains;
using KeeperOracle.Host.Commands;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Host.Journal;
using KeeperOracle.Host.Sending;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Drill;

/// <summary>What the person asked for.</summary>
/// <param name="BlockSeconds">chain time between two blocks of the fork; null for the median of the live chain's last ones</param>
/// <param name="Pace">host time between the keeper's last word about a block and the next block</param>
/// <param name="From">whose stable tokens the drill's keeper gets on the fork; empty for those of the configured keeper</param>
/// <param name="Directory">exists; for the fork's log and the keeper's journal</param>
internal sealed record DrillSettings(ShockList Shocks, ulong? BlockSeconds, TimeSpan Pace, int MaxBlocks, IReadOnlyList<Address> From, string Directory, bool IsKept);

/// <summary>
/// The whole-book drill: what would the keeper do, were prices to fall like this now? `keeperoracle keeper drill`.
///
/// <para>STEPS. (1) The configuration is held against the live chain as `run` does, and the chain is read at one block by the quorum of its nodes.
/// (2) anvil forks it at that block (<see cref="ForkedChain"/>). (3) A key is made in memory; on the fork it gets gas, the stable tokens of
/// the configured keeper or of whom --funds-of names, and the vault's allowance. (4) The feeds move (<see cref="FeedPlan"/>), in one block. (5) The keeper
/// of `run` is started on the fork: same reading, same core, same sending, a journal of its own. (6) A block is mined whenever it has
/// decided about the last one and has sent what it may, until nobody is under health 1 and nothing is under way, or nothing moves any more.
/// (7) Counts and causes are taken from the fork's logs, receipts and state and from the journal (<see cref="DrillEvidence"/>).</para>
///
/// <para>SAFETY. A transaction that is signed for the fork is valid on the live chain: the chain id is the same. So the operator's keys are neither opened nor
/// needed; what moves for others on the fork is impersonated there and never signed; and what the drill's key signs is worth nothing
/// elsewhere, for it has no coin and no token on the live chain and dies with the process. The fork reaches the live node through <see cref="LiveDoor"/>
/// alone, which passes on reads. Fork and files end with the drill, however it ends; on Linux the kernel ends the fork even where the drill is killed.</para>
///
/// <para>WHAT IT IS NOT. No competitor and no congestion: blocks hold the keeper's transactions alone. No reports: oracle nodes do not see the fork, so
/// factors stay those attested and go on with their ramps. Pools and other chains keep their prices; sequencer feeds are left alone. The fork's state is
/// that of one node; what is held against the quorum's reading are the accounts. The keeper has as long as it needs to decide and send, so that blocks
/// to clear are those of one that does so within a block's time.</para>
///
/// <para>LIMITS. <see cref="DrillSettings.MaxBlocks"/> blocks; <see cref="StandstillBlocks"/> and the chain's confirmations without any change are a standstill,
/// so accounts that the vault holds back for longer are left under the vault's reason.</para>
/// </summary>
internal sealed class DrillRun(DrillSettings settings, KeeperOracleOptions options, ChainOptions chain, string anvil, TimeProvider time, Action<string> say)
{
    private const ulong StandstillBlocks = 16;
    private const int BlocksForPace = 16;
    private const ulong LongestBlockSeconds = 60;
    private static readonly BigInteger Coins = BigInteger.Pow(10, 24);
    private static readonly BigInteger Unlimited = (BigInteger.One << 256) - 1;

    /// <summary>Where a kept drill lies for the commands that read a journal.</summary>
    public static string ConfigurationFile(ChainId chain) => $"drill-{chain}.json";

    /// <summary>What the chain lists now.</summary>
    public async Task<IReadOnlyList<AssetSnapshot>> AssetsAsync(CancellationToken cancellationToken)
    {
        using var live = new ChainAccess(chain, time);
        if (await StartChecks.RefuseAsync([live], options.Quorum, keeper: null, reporter: null, oracle: null, hasSurface: false, cancellationToken) is { } code)
        {
            throw new DrillRefusedException("", code); // every reason is on stderr by now
        }

        return (await ReadAsync(live, (await live.Eth.GetLatestBlockAsync(cancellationToken)).Ref, Address.Zero, cancellationToken)).Assets;
    }

    public async Task<DrillReport> RunAsync(CancellationToken cancellationToken)
    {
        using var live = new ChainAccess(chain, time);
        var head = (await live.Eth.GetLatestBlockAsync(cancellationToken)).Ref;
        var before = await ReadAsync(live, head, Address.Zero, cancellationToken);
        var plan = await FeedPlan.MakeAsync(live, before, settings.Shocks, cancellationToken);
        var blockSeconds = settings.BlockSeconds ?? await UsualBlockSecondsAsync(live, head, cancellationToken);
        var node = await NodeWithAsync(head, cancellationToken);

        await using var door = await LiveDoor.OpenAsync(node, cancellationToken);
        await using var fork = await ForkedChain.StartAsync(anvil, chain.Id, head, door.Url, settings.Directory, time, cancellationToken);
        using var look = new ChainAccess(ForkKeeper.OnFork(chain, fork), time);
        say($"chain {chain.Name}: forked at block {head}; {before.Accounts.Length} accounts, {HealthUnderOne(before).Count} of them under health 1");

        using var signer = new LocalSigner(PrivateKey.Generate());
        var (means, stable) = await FundAsync(fork, before.Market.Stable, head, blockSeconds, signer.Address, cancellationToken);
        await plan.ApplyAsync(fork, cancellationToken);
        var shock = (await fork.MineAsync(head.Timestamp + (2 * blockSeconds), cancellationToken)).Ref;
        var shocked = await ReadAsync(look, shock, signer.Address, cancellationToken);
        RequireSameBook(before, shocked);
        say($"chain {chain.Name}: prices moved ({string.Join(", ", plan.Assets.Select(asset => $"{asset.Symbol} {asset.Shock ?? "as it was"}"))}); {HealthUnderOne(shocked).Count} accounts are under health 1");

        var began = time.GetTimestamp();
        using var journal = OpenJournal();
        journal.AdoptNonce(chain.Id, signer.Address, await look.Eth.GetTransactionCountAsync(signer.Address, cancellationToken));
        var watch = new DrillWatch(shocked, blockSeconds, settings.MaxBlocks, StandstillBlocks + (ulong)chain.Confirmations, chain.Sending.MaxInFlight);
        var watched = await new ForkKeeper(options, chain, fork, time).RunAsync(journal, signer, watch, settings.Pace, line => say($"chain {chain.Name}: {line}"), cancellationToken);
        var seconds = time.GetElapsedTime(began).TotalSeconds;

        var end = (await fork.Eth.GetLatestBlockAsync(cancellationToken)).Ref;
        var after = await ReadAsync(look, end, signer.Address, cancellationToken);
        var evidence = await DrillEvidence.CollectAsync(chain, fork, journal, signer.Address, shocked, after, cancellationToken);
        var last = evidence.LastLiquidation;
        return new DrillReport(
            chain.Id,
            chain.Name,
            new ForkPoint(head.Number, head.Hash, head.Timestamp, node.Name),
            blockSeconds,
            [.. plan.Assets.Select((asset, i) => asset with { PriceAfter = shocked.Assets[i].Price, Status = shocked.Assets[i].PriceStatus })],
            shocked.Accounts.Length,
            HealthUnderOne(before).Count,
            HealthUnderOne(shocked).Count,
            [.. HealthUnderOne(shocked).Select(one => AccountId.Format(one.Account.Owner, one.Account.Number))],
            HealthUnderOne(shocked).Aggregate(Wad.Zero, (sum, one) => sum + one.Valuation.Debt).ToString(),
            shocked.Accounts.Count(account => account.Options.Problem.Length > 0),
            evidence.Count(),
            evidence.TopUps,
            evidence.Gas(new SendTerms(chain, signer.Address, null)),
            new ClearingTime(watched.End, last - shock.Number, (last - shock.Number) * blockSeconds, Math.Round(seconds, 3), watched.Timeline),
            evidence.Left(),
            evidence.BadDebt(),
            new DrillMeans(
                signer.Address,
                means,
                new TokenAmount(stable, after.Market.StableDecimals).ToString(),
                new TokenAmount(after.Keeper.Stable, after.Market.StableDecimals).ToString(),
                evidence.StableMissing()),
            await LookBackAsync(live, head, signer.Address, door, cancellationToken),
            settings.IsKept ? settings.Directory : null);
    }

    /// <summary>Accounts under health 1; one whose options have no requirement is not among them.</summary>
    internal static List<(AccountSnapshot Account, AccountValuation Valuation)> HealthUnderOne(ChainSnapshot snapshot) =>
        [.. snapshot.Accounts
            .Where(account => account.Options.Problem.Length == 0)
            .Select(account => (account, Valuation: SnapshotValuation.Value(snapshot, account)))
            .Where(pair => pair.Valuation.Health is { } health && health < Wad.One)];

    private Task<ChainSnapshot> ReadAsync(ChainAccess access, BlockRef block, Address keeper, CancellationToken cancellationToken) =>
        new SnapshotReader(access.Reader, access.Eth, access.Addresses, chain.Id).ReadAsync(block, keeper, cancellationToken);

    /// <summary>A new one, and beside it a configuration that names it.</summary>
    private Journal.Journal OpenJournal()
    {
        var file = $"journal-{chain.Id}.db";
        File.WriteAllText(
            Path.Combine(settings.Directory, ConfigurationFile(chain.Id)),
            new JsonObject { ["KeeperOracle"] = new JsonObject { ["JournalFile"] = file } }.ToJsonString());
        return Journal.Journal.Open(Path.Combine(settings.Directory, file), new JournalSettings(LeaseSeconds: options.Keeper.LeaseSeconds), time);
    }

    private static async Task<ulong> UsualBlockSecondsAsync(ChainAccess live, BlockRef head, CancellationToken cancellationToken)
    {
        var first = head.Number - Math.Min(head.Number, BlocksForPace);
        var numbers = Enumerable.Range(0, (int)(head.Number - first) + 1).Select(i => first + (ulong)i).ToList();
        var times = (await live.Eth.GetBlocksByNumberAsync(numbers, cancellationToken)).Select(block => block?.Ref.Timestamp).OfType<ulong>().ToList();
        var gaps = times.Skip(1).Zip(times, (later, earlier) => later - Math.Min(later, earlier)).Order().ToList();
        return gaps.Count == 0 ? 1 : Math.Clamp(gaps[gaps.Count / 2], 1, LongestBlockSeconds);
    }

    /// <summary>The first configured node that has the agreed block.</summary>
    private async Task<EndpointOptions> NodeWithAsync(BlockRef head, CancellationToken cancellationToken)
    {
        foreach (var node in chain.Rpc)
        {
            using var rpc = new HttpRpc(node.Name, node.Url.Value, time: time);
            try
            {
                if ((await new EthApi(rpc).GetBlockByNumberAsync(head.Number, cancellationToken))?.Ref.Hash == head.Hash)
                {
                    return node;
                }
            }
            catch (RpcException problem)
            {
                say($"chain {chain.Name}: not forked from this node: {problem.Message}");
            }
        }

        throw new DrillRefusedException($"Chain {chain.Name} cannot be forked: no configured node has the agreed block {head}.", ExitCode.RemoteUnavailable);
    }

    /// <summary>Gas, stable tokens and the vault's allowance for the drill's key, in one block of the fork.</summary>
    private async Task<(IReadOnlyList<Address> From, BigInteger Stable)> FundAsync(
        ForkedChain fork, Address stable, BlockRef head, ulong blockSeconds, Address signer, CancellationToken cancellationToken)
    {
        var configured = SignerKeys.AddressOf(options.Keeper.Key is { } name ? options.FindKey(name) : null);
        IReadOnlyList<Address> from = settings.From.Count > 0 ? settings.From : configured.IsZero ? [] : [configured];
        await fork.SetBalanceAsync(signer, Coins, cancellationToken);
        var given = BigInteger.Zero;
        var sent = new List<Hash32>();
        foreach (var holder in from.Distinct().Where(holder => holder != chain.MarginVault))
        {
            var balance = await fork.Eth.CallAsync(new ERC20.BalanceOfFunction(holder), stable, holder, head.Hash, cancellationToken);
            if (balance.Sign > 0)
            {
                await fork.SetBalanceAsync(holder, Coins, cancellationToken);
                sent.Add(await GiveAsync(fork, holder, signer, stable, balance, cancellationToken));
                given += balance;
            }
        }

        sent.Add(await fork.SendAsAsync(signer, stable, new ERC20.ApproveFunction(chain.MarginVault, Unlimited), cancellationToken));
        await fork.MineAsync(head.Timestamp + blockSeconds, cancellationToken);
        var receipts = await fork.Eth.GetTransactionReceiptsAsync(sent, cancellationToken);
        return receipts.Count == sent.Count && receipts.All(receipt => receipt.Succeeded)
            ? (from, given)
            : throw new DrillRefusedException($"Chain {chain.Name}: the stable tokens could not be moved to the drill's key on the fork.", ExitCode.Failed);
    }

    private async Task<Hash32> GiveAsync(ForkedChain fork, Address from, Address to, Address stable, BigInteger amount, CancellationToken cancellationToken)
    {
        try
        {
            return await fork.SendAsAsync(from, stable, new ERC20.TransferFunction(to, amount), cancellationToken);
        }
        catch (ContractRevertException refused)
        {
            throw new DrillRefusedException(
                $"Chain {chain.Name}: the stable tokens of {Eip55.Format(from)} cannot be moved, not even on the fork: {refused.Message}.", ExitCode.Failed);
        }
    }

    /// <summary>The fork has one node's state; the quorum has read the accounts.</summary>
    private void RequireSameBook(ChainSnapshot before, ChainSnapshot shocked)
    {
        var differs = before.Accounts.Length != shocked.Accounts.Length
            || before.Accounts.Zip(shocked.Accounts).Any(pair => pair.First.Account != pair.Second.Account
                || pair.First.DebtShares != pair.Second.DebtShares || !pair.First.Collateral.SequenceEqual(pair.Second.Collateral));
        if (differs)
        {
            throw new DrillRefusedException($"Chain {chain.Name}: the fork has other accounts than the quorum of nodes read at the same block: its node is not to be believed.", ExitCode.Failed);
        }
    }

    private static async Task<LiveUntouched> LookBackAsync(ChainAccess live, BlockRef head, Address signer, LiveDoor door, CancellationToken cancellationToken)
    {
        var now = (await live.Eth.GetLatestBlockAsync(cancellationToken)).Ref;
        var stands = (await live.Eth.GetBlockByNumberAsync(head.Number, cancellationToken))?.Ref.Hash == head.Hash;
        return new LiveUntouched(head.Number, now.Number, stands, await live.Eth.GetTransactionCountAsync(signer, cancellationToken), door.Asked, door.TurnedAway);
    }
}
