namespace KeeperOracle.Risk.Cascade;

/// <summary>
/// What the simulator refuses: `NoAssets`, `LengthMismatch` of arrays, `CorrelationInvalid`, and `CascadeInputOutOfRange` for a figure
/// that is not finite or outside its range. Prices, amounts and debts up to 1e18 and log prices within 40 of their start keep every result
/// finite.
/// </summary>
internal static class CascadeInputs
{
    private const double Largest = 1e18;
    private const double LargestLogMove = 40;

    public static void Validate(CascadeScenario scenario, CascadeControls controls)
    {
        var market = scenario.Market;
        var count = market.Assets.Count;
        if (count == 0)
        {
            throw new RiskInputException("NoAssets", "The market has no assets.");
        }

        foreach (var asset in market.Assets)
        {
            Require(asset.Price is > 0 and <= Largest && asset.Price >= 1 / Largest, $"{asset.Name}: price", asset.Price);
            Require(asset.Volatility is >= 0 and <= 100, $"{asset.Name}: volatility", asset.Volatility);
            Require(asset.DailyVolume is > 0 and <= Largest, $"{asset.Name}: daily volume", asset.DailyVolume);
            Require(asset.LiquidationThreshold is > 0 and <= 1, $"{asset.Name}: liquidation threshold", asset.LiquidationThreshold);
            Require(asset.Bonus is >= 0 and < 1, $"{asset.Name}: bonus", asset.Bonus);
            Require(
                market.TargetHealth > (1 + asset.Bonus) * asset.LiquidationThreshold,
                $"{asset.Name}: target health over (1+b) LT",
                market.TargetHealth);
        }

        Validate(market);
        Validate(market.Correlation, count);
        Validate(controls);
        foreach (var (account, index) in scenario.Accounts.Select((account, index) => (account, index)))
        {
            RequireLength(account.Amounts.Count, count, $"amounts of account {index}");
            Require(account.Debt is >= 0 and <= Largest, $"account {index}: debt", account.Debt);
            foreach (var amount in account.Amounts)
            {
                Require(amount is >= 0 and <= Largest, $"account {index}: amount", amount);
            }
        }

        ValidatePath(scenario, count);
    }

    private static void Validate(CascadeMarket market)
    {
        Require(market.StepsPerDay > 0, "steps a day", market.StepsPerDay);
        Require(market.TargetHealth is >= 1 and <= 100, "target health", market.TargetHealth);
        Require(market.MinimumDebt is >= 0 and <= Largest, "minimum debt", market.MinimumDebt);
        Require(market.ImpactCalibration is >= 0 and <= 100, "impact calibration", market.ImpactCalibration);
        Require(market.CrossImpact is >= 0 and <= 1, "cross impact", market.CrossImpact);
        Require(market.AbsorbedPerStep is >= 0 and <= 1, "share absorbed in a step", market.AbsorbedPerStep);
        Require(market.BonusFloor is >= 0 and <= 1, "bonus floor", market.BonusFloor);
        Require(market.FullBonusUnderHealth is > 0 and <= 1, "under-health of the full bonus", market.FullBonusUnderHealth);
        Require(market.LiquidatorProfit is null or (>= 0 and <= 1), "liquidator's profit", market.LiquidatorProfit ?? 0);
    }

    private static void Validate(CascadeControls controls)
    {
        Require(controls.RampPerStep is null or (>= 0 and <= 100), "ramp", controls.RampPerStep ?? 0);
        Require(controls.VolumeCap is null or (>= 0 and <= Largest), "volume cap", controls.VolumeCap ?? 0);
        Require(controls.InsuranceFund is >= 0 and <= Largest, "insurance fund", controls.InsuranceFund);
        Require(controls.Breaker is null or { Divergence: >= 0 and < 1 }, "divergence of the breaker", controls.Breaker?.Divergence ?? 0);
        Require(
            controls.Breaker is null or { PauseSteps: > 0, BudgetSteps: >= 0 }, "steps of the breaker", controls.Breaker?.PauseSteps ?? 0);
    }

    private static void Validate(IReadOnlyList<IReadOnlyList<double>> correlation, int count)
    {
        RequireLength(correlation.Count, count, "rows of the correlation");
        for (var i = 0; i < count; i++)
        {
            RequireLength(correlation[i].Count, count, $"row {i} of the correlation");
            for (var j = 0; j < count; j++)
            {
                if (!(Math.Abs(correlation[i][j]) <= 1) || correlation[i][j] != correlation[j][i] || (i == j && correlation[i][j] != 1))
                {
                    throw new RiskInputException(
                        "CorrelationInvalid",
                        $"Correlation [{i}][{j}] is {correlation[i][j]}: symmetric, from -1 to 1, ones on the diagonal.");
                }
            }
        }
    }

    private static void ValidatePath(CascadeScenario scenario, int count)
    {
        var moved = new double[count];
        foreach (var returns in scenario.LogReturns)
        {
            RequireLength(returns.Count, count, "returns of a step");
            for (var i = 0; i < count; i++)
            {
                moved[i] += returns[i];
                Require(Math.Abs(moved[i]) <= LargestLogMove, $"{scenario.Market.Assets[i].Name}: log move so far", moved[i]);
            }
        }

        if (scenario.ThresholdTargets is { } targets)
        {
            RequireLength(targets.Count, scenario.LogReturns.Count, "threshold targets");
            foreach (var step in targets)
            {
                RequireLength(step.Count, count, "threshold targets of a step");
                for (var i = 0; i < count; i++)
                {
                    Require(step[i] is > 0 and <= 1, $"{scenario.Market.Assets[i].Name}: threshold target", step[i]);
                    var asset = scenario.Market.Assets[i];
                    Require((1 + asset.Bonus) * step[i] < scenario.Market.TargetHealth, "target health over (1+b) LT", step[i]);
                }
            }
        }
    }

    private static void RequireLength(int actual, int expected, string what)
    {
        if (actual != expected)
        {
            throw new RiskInputException("LengthMismatch", $"There are {actual} {what}, not {expected}.");
        }
    }

    private static void Require(bool holds, string what, double value)
    {
        if (!holds)
        {
            throw new RiskInputException("CascadeInputOutOfRange", $"{what} is {value}: outside its range.");
        }
    }
}
