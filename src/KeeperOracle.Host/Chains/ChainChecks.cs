using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Blocks;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Quorum;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Host.Sending;
using KeeperOracle.Keeper.Liquidation;
using KeeperOracle.MarginOracle;
using KeeperOracle.MarginOracle.Observations;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Chains;

/// <summary>Good; worth knowing; the configuration or the chain must be mended first; the node did not answer.</summary>
public enum CheckStatus
{
    Ok,
    Warning,
    Failed,
    Unreachable,
}

/// <summary>One thing that was looked at on a chain, what was found, and what to do where it is not good.</summary>
public sealed record CheckResult(string Chain, string Name, CheckStatus Status, string Found, string Fix);

/// <summary>
/// Holds the configuration against the chain before anything is signed: chain id, code at every address, that the contracts know each
/// other, the quorum, prices, and the signer's means. `doctor` prints it; `run` and `oracle run` do not start past a failure.
/// </summary>
/// <param name="hasSurface">whether the oracle node has implied volatilities</param>
public sealed class ChainChecks(ChainAccess chain, QuorumOptions quorum, bool hasSurface)
{
    /// <summary>JSON-RPC code of a call that reverted.</summary>
    private const int RevertCode = 3;

    private string Section => $"KeeperOracle:Chains:{chain.Id}";

    /// <param name="keeper">the signer of transactions, or null for an observer</param>
    /// <param name="reporter">the signer of transactions that carry reports, or null where that is the keeper too</param>
    /// <param name="oracle">the signer of reports, or null</param>
    public async Task<IReadOnlyList<CheckResult>> RunAsync(Address? keeper, Address? reporter, Address? oracle, CancellationToken cancellationToken)
    {
        var results = new List<CheckResult>();
        try
        {
            if (await CheckChainIdAsync(results, cancellationToken) && await CheckCodeAsync(results, cancellationToken))
            {
                await CheckWiringAsync(results, cancellationToken);
                await CheckMarketAsync(results, keeper, oracle, cancellationToken);
                await CheckReporterAsync(results, reporter, cancellationToken);
                await CheckDataFeeAsync(results, cancellationToken);
            }
        }
        catch (RpcException problem) when (problem is { Kind: RpcFailure.ErrorReply, Code: RevertCode })
        {
            // Every other contract is called through this one, where a revert is a result.
            results.Add(Fail("Multicall3", problem.Message, $"Correct {Section}:Multicall3: what stands there is not what its name says."));
        }
        catch (RpcException problem)
        {
            var status = problem.IsTransient ? CheckStatus.Unreachable : CheckStatus.Failed;
            results.Add(new CheckResult(chain.Name, "node", status, problem.Message, $"Start the nodes, or correct their URLs in {Section}:Rpc."));
        }
        catch (Exception problem) when (problem is ReadFailedException or AbiException)
        {
            results.Add(Fail("contracts", problem.Message, $"Correct {KeyOf(problem.Message)}: what stands there is not what its name says."));
        }

        return results;
    }

    private async Task<bool> CheckChainIdAsync(List<CheckResult> results, CancellationToken cancellationToken)
    {
        var actual = await chain.Eth.GetChainIdAsync(cancellationToken);
        results.Add(actual == chain.Id
            ? Ok("chain id", $"{actual}")
            : Fail("chain id", $"the node is on chain {actual}, the configuration says {chain.Id}", $"Point {Section}:Rpc:0:Url at a node of chain {chain.Id}, or move the section to {actual}."));
        if (actual == chain.Id)
        {
            // The agreed head first: whether a node lags is measured from it.
            await chain.Eth.GetLatestBlockAsync(cancellationToken);
            await chain.Quorum.LookAtAllAsync(cancellationToken);
            CheckReadQuorum(results);
            await CheckHeadSocketsAsync(results, cancellationToken);
        }

        return actual == chain.Id;
    }

    private void CheckReadQuorum(List<CheckResult> results)
    {
        var nodes = chain.Quorum.Nodes;
        var alive = nodes.Count(node => node.Standing == NodeStanding.Alive);
        var found = $"{chain.Quorum.Required} of {nodes.Count} must agree, {alive} may vote";
        results.Add(nodes.Count == 1
            ? Warn("nodes", $"one node ({nodes[0].Node}): nobody would notice if it lied", $"Name nodes of other operators in {Section}:Rpc: of three, one may lie or be down.")
            : alive > chain.Quorum.Required || nodes.Count == chain.Quorum.Required ? Ok("nodes", found)
            : Warn("nodes", $"{found}: the next one that fails stops everything on this chain", "Mend the nodes named below."));
        results.AddRange(nodes.Where(_ => nodes.Count > 1).Select(CheckNode));
    }

    private CheckResult CheckNode(NodeReport node)
    {
        var name = $"node {node.Node}";
        return node.Standing switch
        {
            NodeStanding.Alive => Ok(name, $"alive, head {node.Head}"),
            NodeStanding.Lagging => Warn(name, $"lagging: {node.Reason}", "It has no vote until it has caught up: look after its sync."),
            NodeStanding.Lying => Warn(name, $"lying: {node.Reason}", "Read the evidence in the log, and replace the node; it has no vote."),
            NodeStanding.WrongChain => Warn(name, $"on the wrong chain: {node.Reason}", $"Point its URL in {Section}:Rpc at a node of chain {chain.Id}; until then it has no vote."),
            NodeStanding.Down => Warn(name, $"down: {node.Reason}", $"Start it, or correct its URL in {Section}:Rpc; until then it has no vote."),
            _ => throw new ArgumentOutOfRangeException(nameof(node), node.Standing, "No such standing."),
        };
    }

    /// <summary>They only make heads come sooner, so that nothing of them is a failure.</summary>
    private async Task CheckHeadSocketsAsync(List<CheckResult> results, CancellationToken cancellationToken)
    {
        var nodes = chain.Options.Rpc.Where(node => node.WebSocketUrl is not null).Select(node => node.Name);
        var problems = await Task.WhenAll(chain.HeadSockets(new WakeSignal()).Select(socket => socket.ProbeAsync(cancellationToken)));
        results.AddRange(nodes.Zip(problems, (node, problem) => problem is null
            ? Ok($"heads of {node}", "told by WebSocket")
            : Warn(
                $"heads of {node}",
                $"no WebSocket: {problem}; it is polled every {chain.Options.PollMilliseconds} ms",
                $"Correct its WebSocketUrl in {Section}:Rpc, or take it out.")));
    }

    private static IReadOnlyList<(string Key, Address Address)> Contracts(ProtocolAddresses addresses) =>
    [
        ("Multicall3", addresses.Multicall3), ("OracleHub", addresses.OracleHub), ("AttestationVerifier", addresses.AttestationVerifier),
        ("RiskOracle", addresses.RiskOracle), ("MarginVault", addresses.MarginVault),
    ];

    /// <summary>The key whose address a failed read names; the whole section where it names none of ours.</summary>
    private string KeyOf(string problem) =>
        Contracts(chain.Addresses).FirstOrDefault(contract => problem.Contains(Eip55.Format(contract.Address), StringComparison.Ordinal)).Key is { } key
            ? $"{Section}:{key}"
            : $"the address under {Section}";

    private async Task<bool> CheckCodeAsync(List<CheckResult> results, CancellationToken cancellationToken)
    {
        var good = true;
        foreach (var (key, address) in Contracts(chain.Addresses))
        {
            if ((await chain.Eth.GetCodeAsync(address, null, cancellationToken)).Length == 0)
            {
                results.Add(Fail(key, $"there is no contract at {Eip55.Format(address)}", $"Correct {Section}:{key}, or deploy to chain {chain.Id} first."));
                good = false;
            }
        }

        return good;
    }

    private async Task CheckWiringAsync(List<CheckResult> results, CancellationToken cancellationToken)
    {
        var head = await chain.Eth.GetLatestBlockAsync(cancellationToken);
        var addresses = chain.Addresses;
        var batch = chain.Reader.At(head.Ref.Hash);
        var hub = batch.Add(addresses.MarginVault, new MarginVault.OracleHubFunction());
        var risk = batch.Add(addresses.MarginVault, new MarginVault.RiskOracleFunction());
        var verifier = batch.Add(addresses.RiskOracle, new RiskOracle.VerifierFunction());
        var collaterals = batch.Add(addresses.MarginVault, new MarginVault.CollateralsFunction());
        var attested = batch.Add(addresses.RiskOracle, new RiskOracle.AssetsFunction());
        await batch.ExecuteAsync(cancellationToken);
        var good = true;
        foreach (var (key, configured, actual, says) in new[]
        {
            ("OracleHub", addresses.OracleHub, hub.Value, "the vault"),
            ("RiskOracle", addresses.RiskOracle, risk.Value, "the vault"),
            ("AttestationVerifier", addresses.AttestationVerifier, verifier.Value, "the risk oracle"),
        })
        {
            if (configured != actual)
            {
                good = false;
                results.Add(Fail(
                    key, $"{says} uses {Eip55.Format(actual)}, the configuration says {Eip55.Format(configured)}", $"Set {Section}:{key} to {Eip55.Format(actual)}."));
            }
        }

        if (!collaterals.Value.SequenceEqual(attested.Value))
        {
            good = false;
            results.Add(Fail(
                "assets",
                $"the vault lists {collaterals.Value.Count} collaterals, the risk oracle {attested.Value.Count} assets, or in another order",
                "List the same assets in the same order in both: this version reads one list for the two."));
        }

        if (good)
        {
            results.Add(Ok("contracts", "each knows the others"));
        }
    }

    private async Task CheckMarketAsync(List<CheckResult> results, Address? keeper, Address? oracle, CancellationToken cancellationToken)
    {
        var head = await chain.Eth.GetLatestBlockAsync(cancellationToken);
        var snapshot = await new SnapshotReader(chain.Reader, chain.Eth, chain.Addresses, chain.Id)
            .ReadAsync(head.Ref, keeper ?? Address.Zero, cancellationToken);
        CheckQuorum(results, snapshot.Report);
        foreach (var asset in snapshot.Assets)
        {
            results.Add(CheckPrice(asset, head.Ref.Timestamp));
        }

        results.Add(CheckReport(snapshot.Report, head.Ref.Timestamp));
        await CheckSignerSetAsync(results, head.Ref, cancellationToken);
        if (keeper is { } signer)
        {
            CheckMeans(results, snapshot, signer);
            CheckNativeAsset(results, snapshot);
        }

        if (oracle is { } node)
        {
            results.Add(snapshot.Report.Signers.Contains(node)
                ? Ok("oracle key", $"{Eip55.Format(node)} is a signer")
                : Fail("oracle key", $"{Eip55.Format(node)} has not the role of a signer on chain {chain.Id}", "Use the key of a signer in KeeperOracle:Oracle:Key, or have the admin add this one with AttestationVerifier.rotateSigners."));
            results.AddRange(snapshot.Assets
                .Select(asset => (asset.Symbol, Problem: ObservationMaker.ExpiryProblem(asset.Symbol, asset.Expiries.Length, hasSurface)))
                .Where(pair => pair.Problem is not null)
                .Select(pair => Fail(
                    $"expiries of {pair.Symbol}",
                    pair.Problem!,
                    "Name a signed surface of implied volatilities (KeeperOracle:Oracle:SurfaceFile and SurfacePublisher), or have the risk admin list no expiries.")));
        }
    }

    private CheckResult CheckPrice(AssetSnapshot asset, ulong now)
    {
        var name = $"price of {asset.Symbol}";
        var unusable = asset.Feeds.Count(feed => feed.Status != PriceStatus.Ok);
        return asset.PriceStatus switch
        {
            PriceStatus.Ok when unusable > 0 => Warn(
                name, $"{asset.Price}, but {unusable} of its {asset.Feeds.Length} feeds cannot be used: {PriceWords.Of(asset, now)}", "Find out about the feed, or have the guardian use the fallback."),
            PriceStatus.Ok => Ok(name, $"{asset.Price}, {Age(now, asset.PriceUpdatedAt)} old, feeds within {(asset.Spread.ToDouble() * 100).ToString("0.00", System.Globalization.CultureInfo.InvariantCulture)} %"),
            PriceStatus.RepayWindow => Warn(name, $"{asset.Price}, in the repay window after an outage (RepayWindow)", "Nothing of it is seized until the window ends."),
            _ => Warn(
                name,
                PriceWords.Of(asset, now),
                "It counts nothing for borrowing and is not seized until two of its feeds agree again."),
        };
    }

    private CheckResult CheckReport(ReportSnapshot report, ulong now)
    {
        var age = now - Math.Min(now, report.LastReportAt);
        return age <= report.HeartbeatSeconds ? Ok("risk report", $"epoch {report.Epoch}, {age} s old")
            : age <= report.SilenceLimitSeconds ? Warn(
                "risk report",
                $"{age} s old, over the heartbeat of {report.HeartbeatSeconds} s: initial margin also counts the fallback inputs, nobody can take new risk from {report.SilenceLimitSeconds} s on",
                "Start the oracle nodes and a keeper.")
            : Warn(
                "risk report",
                $"{age} s old, over the silence limit of {report.SilenceLimitSeconds} s: nobody can take new risk (RiskOracleSilent)",
                "Start the oracle nodes and a keeper.");
    }

    /// <summary>A set that ends, and one before it that still signs.</summary>
    private async Task CheckSignerSetAsync(List<CheckResult> results, BlockRef head, CancellationToken cancellationToken)
    {
        var batch = chain.Reader.At(head.Hash);
        var until = batch.Add(chain.Addresses.AttestationVerifier, new AttestationVerifier.ValidUntilFunction());
        var previous = batch.Add(chain.Addresses.AttestationVerifier, new AttestationVerifier.AcceptedSetDigestsFunction());
        var previousUntil = batch.Add(chain.Addresses.AttestationVerifier, new AttestationVerifier.PreviousValidUntilFunction());
        await batch.ExecuteAsync(cancellationToken);
        if (until.Value != 0)
        {
            results.Add(until.Value < head.Timestamp
                ? Fail("signer set", $"it ended {head.Timestamp - until.Value} s ago: no report can be published", "Have the admin rotate the signers (AttestationVerifier.rotateSigners).")
                : Warn("signer set", $"it ends in {until.Value - head.Timestamp} s", "Have the admin rotate the signers before that (AttestationVerifier.rotateSigners)."));
        }

        if (previous.Value.Previous != default)
        {
            results.Add(Ok("previous signers", $"may sign for {previousUntil.Value - Math.Min(previousUntil.Value, head.Timestamp)} s more"));
        }
    }

    private void CheckQuorum(List<CheckResult> results, ReportSnapshot report)
    {
        if (quorum.Signers.Count == 0)
        {
            return;
        }

        var expected = quorum.Signers.Order().ToList();
        if (!expected.SequenceEqual(report.Signers.Order()))
        {
            results.Add(Fail(
                "signers",
                $"the chain has {string.Join(", ", report.Signers.Select(Eip55.Format))}",
                "Set KeeperOracle:Quorum:Signers to these, or find out who changed them."));
        }
        else if (quorum.Threshold != report.Threshold || quorum.TightenThreshold != report.TightenThreshold)
        {
            results.Add(Fail(
                "thresholds",
                $"the chain has {report.TightenThreshold} to tighten and {report.Threshold} for all else, the configuration {quorum.TightenThreshold} and {quorum.Threshold}",
                "Set KeeperOracle:Quorum:TightenThreshold and Threshold to the chain's."));
        }
        else
        {
            results.Add(Ok("quorum", $"{report.Threshold} of {report.Signers.Length}, {report.TightenThreshold} to tighten"));
        }
    }

    private void CheckMeans(List<CheckResult> results, ChainSnapshot snapshot, Address signer)
    {
        var name = Eip55.Format(signer);
        CheckGas(results, "gas", signer, snapshot.Keeper.Native);
        var stable = new TokenAmount(snapshot.Keeper.Stable, snapshot.Market.StableDecimals);
        results.Add(snapshot.Keeper.Stable.IsZero
            ? Warn("stable", $"{name} has none: it can carry reports but liquidate nobody", $"Send stable tokens to {name} on chain {chain.Id}.")
            : Ok("stable", $"{name} has {stable}"));
    }

    private async Task CheckReporterAsync(List<CheckResult> results, Address? reporter, CancellationToken cancellationToken)
    {
        if (reporter is { } signer)
        {
            CheckGas(results, "gas for reports", signer, await chain.Eth.GetBalanceAsync(signer, blockHash: null, cancellationToken));
        }
    }

    private void CheckGas(List<CheckResult> results, string name, Address signer, System.Numerics.BigInteger native)
    {
        var who = Eip55.Format(signer);
        // The runway: what it can pay for on the worst day.
        var gas = native / chain.Options.MaxFeePerGasWei;
        results.Add(native.IsZero
            ? Fail(name, $"{who} has none", $"Send native tokens to {who} on chain {chain.Id}.")
            : native < chain.Options.MaxFeePerGasWei * chain.Options.Sending.ReserveGas * 2
                ? Warn(
                    name,
                    $"{who} has {new TokenAmount(native, 18)}, enough for {gas} gas at the highest fee: liquidations stop when only {chain.Options.Sending.ReserveGas} are left ({Section}:ReserveGas)",
                    $"Send native tokens to {who} on chain {chain.Id}.")
                : Ok(name, $"{who} has {new TokenAmount(native, 18)}, enough for {gas} gas at the highest fee"));
    }

    /// <summary>Whether what an action is worth can be turned into a fee.</summary>
    private void CheckNativeAsset(List<CheckResult> results, ChainSnapshot snapshot)
    {
        const string Name = "native asset";
        var (from, price, problem) = new SendTerms(chain.Options, keeper: null, reporter: null).PriceOf(snapshot);
        results.Add(from switch
        {
            NativePrice.NotConfigured => Warn(
                Name, $"not named: a transaction may cost up to {chain.Options.MaxFeePerGasGwei} gwei a gas, whatever it is worth", $"Set {Section}:NativeAsset to the collateral that is the chain's own coin, if there is one."),
            NativePrice.Current => Ok(Name, $"{chain.Options.Sending.NativeAsset} at {price}"),
            NativePrice.LargestBelievable => Warn(Name, problem, "Liquidations are bid for less than they are worth until it has a price."),
            NativePrice.Missing => Fail(Name, $"{problem}: no liquidation would be sent", $"Correct {Section}:NativeAsset, or take it out."),
            _ => throw new ArgumentOutOfRangeException(nameof(snapshot), from, "No such source of a price."),
        });
    }

    private async Task CheckDataFeeAsync(List<CheckResult> results, CancellationToken cancellationToken)
    {
        if (chain.Options.Sending.DataFee == DataFeeKind.OpStack)
        {
            var fee = await new OpStackDataFee(chain.Eth, chain.Id, chain.Options.MaxFeePerGasWei).AskAsync(chain.Addresses.MarginVault, ReadOnlyMemory<byte>.Empty, cancellationToken);
            results.Add(fee is { } wei
                ? Ok("data fee", $"{wei} wei for an empty call")
                : Fail("data fee", $"the chain's GasPriceOracle at {Eip55.Format(OpStackDataFee.Oracle)} does not say it: nothing would be sent", $"Set {Section}:DataFee to none if chain {chain.Id} is no OP-stack chain."));
        }
    }

    private static string Age(ulong now, ulong then) => now >= then ? $"{now - then} s" : "-" + (then - now) + " s";

    private CheckResult Ok(string name, string found) => new(chain.Name, name, CheckStatus.Ok, found, "");

    private CheckResult Warn(string name, string found, string fix) => new(chain.Name, name, CheckStatus.Warning, found, fix);

    private CheckResult Fail(string name, string found, string fix) => new(chain.Name, name, CheckStatus.Failed, found, fix);
}
