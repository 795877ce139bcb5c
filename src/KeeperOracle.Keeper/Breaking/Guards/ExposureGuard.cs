using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper.Breaking.Guards;

/// <summary>Somebody owes against it: for nobody else there is anything to protect.</summary>
internal static class ExposureGuard
{
    public static Refusal? Check(BreakerCase breaker)
    {
        var at = breaker.Snapshot.Assets.IndexOf(breaker.Asset);
        return breaker.Snapshot.Accounts.Any(account => (account.Collateral[at].Sign > 0 || account.Liens.Any(lien => lien.Asset == breaker.Asset.Token)) && (account.DebtShares.Sign > 0 || account.Options.Requirement > Wad.Zero))
            ? null
            : new Refusal(RefusalCode.OutageOfNobody, $"{breaker.Asset.Symbol} has no price, and nobody owes against it");
    }
}
