using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Backtesting;
using KeeperOracle.Risk.Policy;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// System 17: a profile for each asset, bounds that governance sets behind a delay, and the reason of every change. The roles are those of a production deployment
/// (scripts/Deploy.s.sol): the deployer hands them over first. Known from elsewhere: the square-root law of impact, the contracts' formulas in C#, and that the hash
/// of a proposal's description is part of its number.
/// </summary>
internal static class GovernanceShow
{
    private const int Days = 900;
    private const ulong Seed = 17;
    private const double SellSize = 20_000_000;
    private const double Depth = 400_000_000;
    private const ulong Admin = 0;
    private const ulong RiskAdmin = 1;
    private const ulong GuardianRole = 2;
    private const uint CommitteeDelay = 86_400;

    public static ChainShow Show { get; } = new("17", "Dynamic margin requirements: a profile for each asset, inside bounds that only a vote and a delay can move", PlayAsync);

    /// <summary>A change that is put to the vote.</summary>
    private sealed record Proposal(IReadOnlyList<Address> Targets, IReadOnlyList<BigInteger> Values, IReadOnlyList<byte[]> Calls, string Description)
    {
        public Hash32 DescriptionHash => Keccak.HashText(Description);
    }

    private static async IAsyncEnumerable<ShowStep> PlayAsync(
        ShowStage stage, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var first = (await stage.SnapshotAsync(cancellationToken)).Assets[0];
        var path = SyntheticMarket.Prices(Seed, Days);
        var (deep, thin) = (Recommend(path, Depth, first), Recommend(path, Depth / 4, first));
        yield return Profiles(deep, thin);
        foreach (var step in await AttestAsync(stage, deep, thin, cancellationToken))
        {
            yield return step;
        }

        yield return await HandOverAsync(stage, cancellationToken);
        var before = (await stage.SnapshotAsync(cancellationToken)).Assets[0];
        var floor = new Wad(before.Attested.Volatility.Raw * 95 / 100 / Thousandth * Thousandth);
        var looser = floor.ToDouble() * .99;
        yield return await InsideTheOldBoundsAsync(stage, before, looser, cancellationToken);
        var proposal = await ProposalAsync(stage, before, floor, thin, cancellationToken);
        foreach (var step in await VoteAsync(stage, proposal, floor, cancellationToken))
        {
            yield return step;
        }

        yield return await OutsideTheNewBoundsAsync(stage, looser, floor, cancellationToken);
        yield return await CommitteeAsync(stage, cancellationToken);
    }

    private static BigInteger Thousandth => BigInteger.Pow(10, 15);

    private static Recommendation Recommend(double[] path, double depth, AssetSnapshot asset) => ParameterRecommendation.From(
        new RecommendationInputs(path, null, depth, SellSize, null, asset.Attested), RecommendationParameters.Under(asset.Bounds));

    private static ShowStep Profiles(Recommendation deep, Recommendation thin)
    {
        // Not by the code under show: two thirds of sigma a day times the root of size over depth.
        double Law(Recommendation of, double depth) => 2.0 / 3 * of.AppliedVolatility / Math.Sqrt(365) * Math.Sqrt(SellSize / depth);
        return ShowStep.Of(
            $"Two profiles on the same {Days} days of prices, one with a quarter of the depth: selling {SellSize:N0} costs {thin.Slippage:P2} instead of {deep.Slippage:P2}, and a loan needs {thin.CollateralRatio:P2} of collateral instead of {deep.CollateralRatio:P2}.",
            new { seed = Seed, days = Days, sellSize = SellSize, depths = (double[])[Depth, Depth / 4], volatility = deep.AppliedVolatility },
            new
            {
                slippages = (double[])[deep.Slippage, thin.Slippage],
                thresholds = (double[])[deep.LiquidationThreshold, thin.LiquidationThreshold],
                collateralRatios = (double[])[deep.CollateralRatio, thin.CollateralRatio],
            },
            "twice the slippage by the square-root law, the same volatility, and a stricter requirement",
            thin.AppliedVolatility == deep.AppliedVolatility
            && ShowStep.Near(deep.Slippage, Law(deep, Depth), 1e-12) && ShowStep.Near(thin.Slippage, 2 * deep.Slippage, 1e-12)
            && thin.CollateralRatio > deep.CollateralRatio && thin.BorrowFactor < deep.BorrowFactor);
    }

    /// <summary>First the deep profile, then the thin one, each as the next admissible step.</summary>
    private static async Task<IReadOnlyList<ShowStep>> AttestAsync(ShowStage stage, Recommendation deep, Recommendation thin, CancellationToken cancellationToken)
    {
        await ReportAsync(stage, deep, cancellationToken);
        var was = await stage.SnapshotAsync(cancellationToken);
        await stage.WaitAsync(was.Report.MinIntervalSeconds, cancellationToken);
        await stage.SetPricesAsync(1, cancellationToken);
        var rested = await stage.SnapshotAsync(cancellationToken);
        await ReportAsync(stage, thin, cancellationToken);
        var now = await stage.SnapshotAsync(cancellationToken);
        var expected = SnapshotValuation.RecomputeFactors(now.Assets[0], now.Report, now.Block.Timestamp).BorrowFactor.ToDouble();
        var (before, after) = (rested.Assets[0], now.Assets[0]);
        return
        [
            ShowStep.Of(
                $"Three nodes attest the thin profile in place of the deep one: of WETH {after.BorrowFactor.ToDouble():P2} may be borrowed instead of {before.BorrowFactor.ToDouble():P2}.",
                new { volatility = after.Attested.Volatility.ToDouble(), slippages = (double[])[before.Attested.Slippage.ToDouble(), after.Attested.Slippage.ToDouble()] },
                new { borrowFactors = (double[])[before.BorrowFactor.ToDouble(), after.BorrowFactor.ToDouble()] },
                $"less, and what the formula gives: {expected:0.000000000}",
                after.Attested.Volatility == before.Attested.Volatility && after.BorrowFactor < before.BorrowFactor && ShowStep.Near(after.BorrowFactor.ToDouble(), expected, 1e-9)),
        ];
    }

    private static async Task ReportAsync(ShowStage stage, Recommendation profile, CancellationToken cancellationToken)
    {
        var report = await stage.ReportAsync(
            asset => asset.Symbol == "WETH" ? profile.NextVolatility : asset.Attested.Volatility.ToDouble(),
            cancellationToken,
            asset => asset.Symbol == "WETH" ? profile.NextSlippage : asset.Attested.Slippage.ToDouble());
        await stage.SendAsync(stage.Chain.Accounts[0], stage.Deployment.Addresses.RiskOracle, report, cancellationToken);
    }

    // ------------------------------------------------------------------------------------------------ roles

    private static Address Holder(ShowStage stage) => stage.Chain.Accounts[0];

    private static Address Committee(ShowStage stage) => stage.Chain.Accounts[21];

    private static Address GuardianKey(ShowStage stage) => stage.Chain.Accounts[22];

    /// <summary>As handOver of scripts/Deploy.s.sol does; a local deployment stops before it.</summary>
    private static async Task<ShowStep> HandOverAsync(ShowStage stage, CancellationToken cancellationToken)
    {
        var (manager, deployer) = (stage.AddressOf("accessManager"), Holder(stage));
        await stage.SendAsync(deployer, manager, new AccessManager.RevokeRoleFunction(RiskAdmin, deployer), cancellationToken);
        await stage.SendAsync(deployer, manager, new AccessManager.RevokeRoleFunction(GuardianRole, deployer), cancellationToken);
        await stage.SendAsync(deployer, manager, new AccessManager.GrantRoleFunction(RiskAdmin, Committee(stage), CommitteeDelay), cancellationToken);
        await stage.SendAsync(deployer, manager, new AccessManager.GrantRoleFunction(GuardianRole, GuardianKey(stage), 0), cancellationToken);
        await stage.SendAsync(deployer, manager, new AccessManager.RenounceRoleFunction(Admin, deployer), cancellationToken);

        var bounds = await BoundsAsync(stage, cancellationToken);
        var refusal = await stage.RefusalAsync(deployer, stage.Deployment.Addresses.RiskOracle, new RiskOracle.SetBoundsFunction(Weth(stage), bounds), cancellationToken);
        var timelock = await stage.CallAsync(manager, new AccessManager.HasRoleFunction(RiskAdmin, stage.AddressOf("timelock")), cancellationToken);
        return ShowStep.Of(
            "The deployer hands over: the timelock is admin, a committee sets bounds behind a day's delay, a hot key may only stop. The deployer can set nothing any more.",
            new { deployer = $"{deployer}", committee = $"{Committee(stage)}", committeeDelay = CommitteeDelay },
            new { refusal, timelockIsRiskAdmin = timelock.IsMember },
            "the risk oracle reverts with AccessManagedUnauthorized, and the timelock has the role",
            refusal.StartsWith("AccessManagedUnauthorized(", StringComparison.Ordinal) && timelock.IsMember);
    }

    private static Address Weth(ShowStage stage) => stage.Deployment.Assets[0].Token;

    private static Task<AssetBounds> BoundsAsync(ShowStage stage, CancellationToken cancellationToken) =>
        stage.CallAsync(stage.Deployment.Addresses.RiskOracle, new RiskOracle.BoundsOfFunction(Weth(stage)), cancellationToken);

    // ------------------------------------------------------------------------------------------------ bounds

    private static Task<RiskOracle.SubmitFunction> LooserAsync(ShowStage stage, double looser, CancellationToken cancellationToken) =>
        stage.ReportAsync(asset => asset.Symbol == "WETH" ? looser : asset.Attested.Volatility.ToDouble(), cancellationToken);

    private static async Task<ShowStep> InsideTheOldBoundsAsync(ShowStage stage, AssetSnapshot asset, double looser, CancellationToken cancellationToken)
    {
        await stage.WaitAsync((await stage.SnapshotAsync(cancellationToken)).Report.MinIntervalSeconds, cancellationToken);
        var oracle = stage.Deployment.Addresses.RiskOracle;
        await stage.CallAsync(oracle, await LooserAsync(stage, looser, cancellationToken), cancellationToken); // throws where it is refused
        var outside = asset.Bounds.VolatilityFloor.ToDouble() * .99;
        var refusal = await stage.RefusalAsync(Holder(stage), oracle, await LooserAsync(stage, outside, cancellationToken), cancellationToken);
        return ShowStep.Of(
            $"Governance's floor is {asset.Bounds.VolatilityFloor.ToDouble():P1}. A report of {looser:P2} would be taken now, as a call without effect shows; one of {outside:P2} is under the floor, whoever signed it.",
            new { floor = asset.Bounds.VolatilityFloor.ToDouble(), attested = asset.Attested.Volatility.ToDouble(), inside = looser, outside },
            new { refusal },
            "the risk oracle reverts with VolatilityOutOfBounds",
            refusal.StartsWith("VolatilityOutOfBounds(", StringComparison.Ordinal));
    }

    /// <summary>The description holds the recommendation with every step of its reasoning: its hash is part of the proposal's number.</summary>
    private static async Task<Proposal> ProposalAsync(ShowStage stage, AssetSnapshot asset, Wad floor, Recommendation why, CancellationToken cancellationToken)
    {
        var bounds = await BoundsAsync(stage, cancellationToken) with { VolatilityFloor = (ulong)floor.Raw };
        var call = new RiskOracle.SetBoundsFunction(Weth(stage), bounds).EncodeCall();
        var description = string.Create(
            CultureInfo.InvariantCulture,
            $"WETH: raise the volatility floor from {asset.Bounds.VolatilityFloor} to {floor}, so that nothing is loosened while the pools are thin.\n{JsonSerializer.Serialize(why.Trace)}");
        return new Proposal([stage.Deployment.Addresses.RiskOracle], [BigInteger.Zero], [call], description);
    }

    private static async Task<IReadOnlyList<ShowStep>> VoteAsync(ShowStage stage, Proposal proposal, Wad floor, CancellationToken cancellationToken)
    {
        var (holder, anyone, governor) = (Holder(stage), stage.Chain.Accounts[9], stage.AddressOf("governor"));
        await stage.SendAsync(holder, stage.AddressOf("votingToken"), new VotingToken.DelegateFunction(holder), cancellationToken);
        await stage.WaitAsync(2, cancellationToken);
        await stage.SendAsync(
            holder, governor, new KeeperGovernor.ProposeFunction(proposal.Targets, proposal.Values, proposal.Calls, proposal.Description), cancellationToken);
        var steps = new List<ShowStep> { await ReasonAsync(stage, governor, proposal, cancellationToken) };

        var queue = new KeeperGovernor.QueueFunction(proposal.Targets, proposal.Values, proposal.Calls, proposal.DescriptionHash);
        var execute = new KeeperGovernor.ExecuteFunction(proposal.Targets, proposal.Values, proposal.Calls, proposal.DescriptionHash);
        var unvoted = await stage.RefusalAsync(anyone, governor, queue, cancellationToken);
        var id = await stage.CallAsync(governor, new KeeperGovernor.HashProposalFunction(proposal.Targets, proposal.Values, proposal.Calls, proposal.DescriptionHash), cancellationToken);
        await stage.WaitAsync((ulong)await stage.CallAsync(governor, new KeeperGovernor.VotingDelayFunction(), cancellationToken) + 2, cancellationToken);
        await stage.SendAsync(holder, governor, new KeeperGovernor.CastVoteFunction(id, 1), cancellationToken);
        await stage.WaitAsync((ulong)await stage.CallAsync(governor, new KeeperGovernor.VotingPeriodFunction(), cancellationToken) + 2, cancellationToken);
        await stage.SendAsync(anyone, governor, queue, cancellationToken);
        var early = await stage.RefusalAsync(anyone, governor, execute, cancellationToken);
        var stillThere = await BoundsAsync(stage, cancellationToken);
        steps.Add(ShowStep.Of(
            "It cannot be queued before the vote, nor executed before the timelock's delay is over, by anyone.",
            new { proposal = $"{id}" },
            new { queuedBeforeTheVote = unvoted, executedBeforeTheDelay = early, floor = stillThere.VolatilityFloor / 1e18 },
            "GovernorUnexpectedProposalState and TimelockUnexpectedOperationState, and the old floor stands",
            unvoted.StartsWith("GovernorUnexpectedProposalState(", StringComparison.Ordinal) && early.StartsWith("TimelockUnexpectedOperationState(", StringComparison.Ordinal)
            && stillThere.VolatilityFloor != (ulong)floor.Raw));

        var delay = await stage.CallAsync(stage.AddressOf("timelock"), new TimelockController.GetMinDelayFunction(), cancellationToken);
        await stage.WaitAsync((ulong)delay + 1, cancellationToken);
        await stage.SendAsync(anyone, governor, execute, cancellationToken);
        var executed = await BoundsAsync(stage, cancellationToken);
        steps.Add(ShowStep.Of(
            $"{(double)delay / 86_400:N0} days later somebody without any role executes it: the floor is {floor.ToDouble():P1}.",
            new { delaySeconds = $"{delay}", executedBy = $"{anyone}" },
            new { floor = executed.VolatilityFloor / 1e18 },
            $"what was voted for: {floor}",
            executed.VolatilityFloor == (ulong)floor.Raw));
        return steps;
    }

    private static async Task<ShowStep> ReasonAsync(ShowStage stage, Address governor, Proposal proposal, CancellationToken cancellationToken)
    {
        var created = (await stage.LogsAsync(governor, cancellationToken))
            .Select(log => KeeperGovernor.ProposalCreatedEvent.TryDecode(log, out var one) ? one : null).First(one => one is not null)!;
        var trace = JsonSerializer.Deserialize<List<ReasonStep>>(created.Description[(created.Description.IndexOf('\n', StringComparison.Ordinal) + 1)..])!;
        var again = Recommend(SyntheticMarket.Prices(Seed, Days), Depth / 4, (await stage.SnapshotAsync(cancellationToken)).Assets[0]);
        var other = new KeeperGovernor.QueueFunction(proposal.Targets, proposal.Values, proposal.Calls, Keccak.HashText(created.Description + " "));
        var refusal = await stage.RefusalAsync(stage.Chain.Accounts[9], governor, other, cancellationToken);
        return ShowStep.Of(
            $"The change is proposed with its reason: the recommendation's {trace.Count} steps stand in the description, whose hash is part of the proposal's number. The same change for another reason is another proposal.",
            new { description = created.Description.Split('\n'), hash = $"{proposal.DescriptionHash}" },
            new { steps = trace.Select(step => step.Name).ToArray(), values = trace.Select(step => step.Value).ToArray(), refusalOfAnotherReason = refusal },
            "the trace read back from the chain holds the volatility and slippage that the same prices give again; another reason reverts with GovernorNonexistentProposal",
            trace.Any(step => step.Value == again.AppliedVolatility) && trace.Any(step => step.Value == again.Slippage)
            && Keccak.Hash(Encoding.UTF8.GetBytes(created.Description)) == proposal.DescriptionHash
            && refusal.StartsWith("GovernorNonexistentProposal(", StringComparison.Ordinal));
    }

    private static async Task<ShowStep> OutsideTheNewBoundsAsync(ShowStage stage, double looser, Wad floor, CancellationToken cancellationToken)
    {
        var refusal = await stage.RefusalAsync(
            Holder(stage), stage.Deployment.Addresses.RiskOracle, await LooserAsync(stage, looser, cancellationToken), cancellationToken);
        return ShowStep.Of(
            $"The report of {looser:P2} that would have been taken before the vote is refused now, though every node signs it.",
            new { volatility = looser, floor = floor.ToDouble() },
            new { refusal },
            "the risk oracle reverts with VolatilityOutOfBounds",
            refusal.StartsWith("VolatilityOutOfBounds(", StringComparison.Ordinal));
    }

    private static async Task<ShowStep> CommitteeAsync(ShowStage stage, CancellationToken cancellationToken)
    {
        var (manager, committee, oracle) = (stage.AddressOf("accessManager"), Committee(stage), stage.Deployment.Addresses.RiskOracle);
        var bounds = await BoundsAsync(stage, cancellationToken);
        var call = new RiskOracle.SetBoundsFunction(Weth(stage), bounds with { SlippageCap = bounds.SlippageCap / 2 }).EncodeCall();
        await stage.SendAsync(committee, manager, new AccessManager.ScheduleFunction(oracle, call, 0), cancellationToken);
        var early = await stage.RefusalAsync(committee, manager, new AccessManager.ExecuteFunction(oracle, call), cancellationToken);
        await stage.WaitAsync(CommitteeDelay + 1, cancellationToken);
        await stage.SendAsync(committee, manager, new AccessManager.ExecuteFunction(oracle, call), cancellationToken);
        var after = await BoundsAsync(stage, cancellationToken);
        return ShowStep.Of(
            $"The committee may halve the cap of slippage without a vote, but not today: a day after it was announced it is {after.SlippageCap / 1e18:P0}.",
            new { delaySeconds = CommitteeDelay, capBefore = bounds.SlippageCap / 1e18 },
            new { refusalOfTheEarlyOne = early, capAfter = after.SlippageCap / 1e18 },
            "the early execution reverts with AccessManagerNotReady; the later one is in force",
            early.StartsWith("AccessManagerNotReady(", StringComparison.Ordinal) && after.SlippageCap == bounds.SlippageCap / 2);
    }
}
