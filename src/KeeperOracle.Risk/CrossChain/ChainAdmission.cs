namespace KeeperOracle.Risk.CrossChain;

/// <summary>
/// What one chain's value cap lets count of its cash and collateral. The order is that of what is best for maintenance, so that more
/// collateral never displaces better; ages have no part in it, so that silence admits nothing else.
/// </summary>
/// <param name="Cash">units of account admitted of the cash held; zero where it is owed</param>
/// <param name="Collaterals">in the order of the account</param>
internal sealed record ChainAdmission(double Cash, IReadOnlyList<AdmittedCollateral> Collaterals)
{
    public static ChainAdmission Of(ChainAccount chain, double stablePrice)
    {
        var room = chain.ValueCap ?? double.PositiveInfinity;
        double Admit(double value)
        {
            var admitted = Math.Min(value, room);
            room -= admitted;
            return admitted;
        }

        var cash = Admit(Math.Max(0, chain.Cash) * stablePrice);
        var collaterals = new AdmittedCollateral[chain.Collaterals.Count];
        foreach (var (place, held) in chain.Collaterals.Index().OrderByDescending(one => Weight(one.Item, chain.FinalityLagSeconds)))
        {
            var admitted = Admit(held.Value);
            collaterals[place] = new AdmittedCollateral(
                held.Asset, held.Value, admitted, RemoteCapacity.Of(admitted, held, chain.AgeSeconds, chain.FinalityLagSeconds));
        }

        return new ChainAdmission(cash, collaterals);
    }

    private static double Weight(ChainCollateral held, double lag) => RemoteCapacity.Of(1, held, lag, lag).Maintenance;
}
