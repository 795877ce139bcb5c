using System.Numerics;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Liquidation;

// Where options dominate an account's risk, repaying its debt does not restore the target: a fraction of everything (collateral, credit, debt, options) must
// change hands (rule 9 of the contracts, contracts/libraries/PortfolioLiquidation.sol). The taker is an account of the keeper's own in the same vault: it pays by
// owing more, at a discount that is the keeper's bonus, and nothing leaves the vault. It must end within its initial requirement.
//
// The keeper's account is that of its signer with the lowest number; without one, or with too small a one, nobody is taken over, by name. Whether it can is
// judged here from above: what it takes comes at the borrow factors, with the whole of the initial requirement that goes with the fraction, though
// the two books together need no more than that. One portfolio a step: what the account can bear after it is known only then.

/// <summary>What taking over a portfolio does to the keeper's own account.</summary>
internal static class PortfolioTaker
{
    /// <summary>The keeper's account; null where it has none, or only the one to be taken over.</summary>
    public static AccountSnapshot? Find(ChainSnapshot snapshot, AccountSnapshot account) => snapshot.Accounts
        .Where(candidate => candidate.Owner == snapshot.Keeper.Signer && candidate.Account != account.Account)
        .MinBy(candidate => candidate.Number);

    /// <summary>Initial capacity less all that is owed and required, once this much has been taken; under zero where the account cannot bear it.</summary>
    public static Wad SpareAfter(ChainSnapshot snapshot, AccountSnapshot taker, AccountSnapshot account, RequirementLiquidationSizing sizing, Wad fraction, BigInteger payment)
    {
        var now = snapshot.Block.Timestamp;
        var own = SnapshotValuation.Value(snapshot, taker);
        var gained = snapshot.Assets
            .Zip(SnapshotValuation.Values(snapshot, account), (asset, value) => asset.IsSeizableAt(now) ? value.MultiplyDown(asset.BorrowFactor) : Wad.Zero)
            .Aggregate(Wad.Zero, (sum, value) => sum + value);
        var credit = AccountHealth.DebtValue(account.Credit, snapshot.Market.StableDecimals);
        var owed = SnapshotValuation.Value(snapshot, account).Debt + account.Options.InitialRequirement;
        return own.BorrowCapacity - own.Debt - own.InitialRequirement
            + (gained + credit - owed).MultiplyDown(fraction)
            + sizing.Deficit - AccountHealth.DebtValue(payment, snapshot.Market.StableDecimals);
    }
}
