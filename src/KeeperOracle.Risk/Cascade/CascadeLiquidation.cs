namespace KeeperOracle.Risk.Cascade;

/// <summary>
/// One liquidation inside the simulator, in doubles: the vault's formula (<see cref="Liquidation.PartialLiquidation"/>) with a most for
/// each collateral, which brakes and liquidators set.
/// </summary>
internal static class CascadeLiquidation
{
    /// <param name="values">of each collateral, units of account</param>
    /// <param name="thresholds">LT in force</param>
    /// <param name="bonuses">that apply now</param>
    /// <param name="most">value of each collateral that may be seized now</param>
    /// <param name="target">HT; infinite where the whole debt may be repaid</param>
    /// <returns>repayment and the value seized of each collateral</returns>
    public static (double Repay, double[] Seize) Size(
        double debt, double[] values, double[] thresholds, double[] bonuses, double[] most, double target, double minimumDebt)
    {
        var restoring = Walk(debt, values, thresholds, bonuses, most, target);
        return debt - restoring.Repay is var left && left > 0 && left < minimumDebt
            ? Walk(debt, values, thresholds, bonuses, most, double.PositiveInfinity)
            : restoring;
    }

    private static (double Repay, double[] Seize) Walk(
        double debt, double[] values, double[] thresholds, double[] bonuses, double[] most, double target)
    {
        var (left, seize) = (debt, new double[values.Length]);
        var weighted = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            weighted += values[i] * thresholds[i];
        }

        foreach (var i in Enumerable.Range(0, values.Length).OrderBy(i => (1 + bonuses[i]) * thresholds[i]))
        {
            var missing = double.IsPositiveInfinity(target) ? double.MaxValue : (target * left) - weighted;
            if (left <= 0 || missing <= 0)
            {
                break;
            }

            var gross = 1 + bonuses[i];
            var wanted = double.IsPositiveInfinity(target) ? left : Math.Min(left, missing / (target - (gross * thresholds[i])));
            var bearable = Math.Min(values[i], most[i]);
            seize[i] = Math.Min(bearable, wanted * gross);
            left = seize[i] < bearable ? left - wanted : Math.Max(0, left - (bearable / gross));
            weighted -= seize[i] * thresholds[i];
        }

        return (debt - left, seize);
    }
}
