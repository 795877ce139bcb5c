using System.Globalization;

namespace KeeperOracle.Risk.Margin;

/// <summary>How a scenario moves implied volatility. By how much is the model's affair (<see cref="VolatilityShock"/>).</summary>
public enum VolatilityMove
{
    None,
    Up,
    Down,

    /// <summary>Strikes over the forward up, strikes under it down; the forward stays.</summary>
    LinearSkew,

    /// <summary>Both wings up; the forward stays.</summary>
    AbsoluteSkew,
}

/// <summary>One point of a grid.</summary>
/// <param name="SpotMultiplier">shocked spot over spot</param>
/// <param name="Volatility">direction of implied volatility</param>
/// <param name="Damping">share of the loss that counts, 1 for all of it</param>
public readonly record struct Scenario(double SpotMultiplier, VolatilityMove Volatility, double Damping = 1)
{
    /// <summary>Readable and stable: "spot -66 %, volatility up, x 0.24".</summary>
    public string Name
    {
        get
        {
            var move = ((SpotMultiplier - 1) * 100).ToString("+0.####;-0.####;0", CultureInfo.InvariantCulture);
            var volatility = Volatility switch
            {
                VolatilityMove.None => "unchanged",
                VolatilityMove.Up => "up",
                VolatilityMove.Down => "down",
                VolatilityMove.LinearSkew => "skewed linearly",
                VolatilityMove.AbsoluteSkew => "skewed in both wings",
                _ => throw new InvalidOperationException($"No name for {Volatility}."),
            };
            var damping = Damping == 1 ? "" : ", x " + Damping.ToString("0.######", CultureInfo.InvariantCulture);
            return $"spot {move} %, volatility {volatility}{damping}";
        }
    }

    internal bool IsSkew => Volatility is VolatilityMove.LinearSkew or VolatilityMove.AbsoluteSkew;
}

/// <summary>What "up", "down" and "skewed" mean at one expiry.</summary>
/// <param name="Up">factor on implied volatility</param>
/// <param name="Down">factor on implied volatility, at least zero</param>
/// <param name="UpFloor">least volatility of an up scenario, annualised</param>
/// <param name="LinearSkewCap">largest relative change of the linear skew, reached at <paramref name="SkewWidth"/></param>
/// <param name="AbsoluteSkewCap">likewise of the wings</param>
/// <param name="SkewWidth">log-moneyness at which the skew reaches its cap, over zero where a grid has skew scenarios</param>
public readonly record struct VolatilityShock(
    double Up, double Down, double UpFloor = 0, double LinearSkewCap = 0, double AbsoluteSkewCap = 0, double SkewWidth = 1);
