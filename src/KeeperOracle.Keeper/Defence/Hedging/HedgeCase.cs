using KeeperOracle.Risk;
using KeeperOracle.Risk.Hedging;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Portfolios;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Defence.Hedging;

/// <summary>The options of one account on one underlying under consideration: what the guards look at. The plan is computed when the last of them ask for it.</summary>
/// <param name="valuation">null where the options have no requirement now</param>
/// <param name="computed">plans that this step has computed before</param>
public sealed class HedgeCase(
    KeeperSettings settings, LaneState lane, ChainSnapshot snapshot, AccountSnapshot account, AssetSnapshot asset, AccountValuation? valuation, int computed)
{
    private readonly Lazy<(Portfolio? Book, string Problem)> _book = new(() => HedgeBook.Of(snapshot, account, asset), isThreadSafe: false);
    private (HedgeProposal? Proposal, string Problem)? _proposal;

    public KeeperSettings Settings => settings;

    public AssetSnapshot Asset => asset;

    public AccountSnapshot Account => account;

    public AccountValuation? Valuation => valuation;

    public ulong Now => snapshot.Block.Timestamp;

    public string Subject => Keeper.Subject.Hedge(account.Account, asset.Token);

    /// <summary>When it was computed last; null where that does not count any more.</summary>
    public HedgeMark? Mark => lane.Hedges.TryGetValue(Subject, out var mark) && mark.LegNonce == account.LegNonce ? mark : null;

    /// <summary>Whether this step has no more room for a plan.</summary>
    public bool IsFull => computed >= HedgeJob.MostPlans;

    public bool IsComputed => _proposal is not null;

    /// <summary>Why there is nothing to plan with; empty where there is.</summary>
    public string Problem => _book.Value.Problem;

    /// <summary>What the planner says; the sentence where it refuses the numbers.</summary>
    public (HedgeProposal? Proposal, string Problem) Proposal => _proposal ??= Propose();

    /// <summary>The first plan; its guard saw to it that there is one.</summary>
    public HedgePlan? Plan => Proposal.Proposal is { Plans.Count: > 0 } proposal ? proposal.Plans[0] : null;

    private (HedgeProposal?, string) Propose()
    {
        var (book, cost) = (_book.Value.Book!, settings.HedgeCost.ToFraction());
        try
        {
            var limits = HedgeBook.Limits(book, settings.HedgeTolerance.ToFraction(), cost, valuation!.CollateralValue.ToDouble());
            return (HedgePlanner.Propose(book, asset.Token.ToString(), HedgeBook.Listed(book, cost), limits, AccountMargin.Scaled()), "");
        }
        catch (RiskInputException refused)
        {
            return (null, refused.Message); // numbers of the chain that the model has no answer for
        }
    }
}
