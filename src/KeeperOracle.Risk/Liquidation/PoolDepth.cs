using System.Collections.Immutable;

namespace KeeperOracle.Risk.Liquidation;

/// <summary>A tick of a Uniswap v3 pool where liquidity changes.</summary>
/// <param name="Net">liquidity that is added where the price goes up through it</param>
public readonly record struct PoolTick(int Tick, double Net);

/// <summary>A Uniswap v3 pool as one block has it.</summary>
/// <param name="Fee">a fraction</param>
/// <param name="Root">root of token1 units for one token0 unit</param>
/// <param name="Liquidity">in force at that price</param>
/// <param name="Ticks">on the way down, or up, from the price on: nearest first</param>
/// <param name="End">the last tick of which the pool was asked: what is beyond is not known, and counts as no liquidity</param>
public sealed record PoolDepth(double Fee, double Root, double Liquidity, ImmutableArray<PoolTick> Ticks, int End)
{
    private const double LnTick = 9.9995000333297321e-5; // ln 1.0001

    /// <summary>
    /// What a sale loses against the price that the pool has before it, fee included: 1 - out/(in P). It goes from tick to tick:
    /// <code>
    /// token0 in, price falls to r:   in = L (1/r - 1/root) / (1 - fee)   out = L (root - r)
    /// token1 in, price rises to r:   in = L (r - root) / (1 - fee)       out = L (1/root - 1/r)
    /// </code>
    /// What the known ticks do not take is given away. Zero units lose nothing.
    /// </summary>
    /// <param name="isFirst">whether token0 is sold, so that the price falls</param>
    /// <param name="amountIn">units of the token that is sold</param>
    /// <exception cref="RiskInputException">VenueInputOutOfRange</exception>
    public double Slippage(bool isFirst, double amountIn)
    {
        if (!(Root > 0) || !double.IsFinite(Root) || !(Fee is >= 0 and < 1) || !(Liquidity >= 0) || !(amountIn >= 0) || !double.IsFinite(amountIn))
        {
            throw new RiskInputException("VenueInputOutOfRange", $"A pool at root price {Root} with liquidity {Liquidity} and fee {Fee} is asked for {amountIn}.");
        }

        if (amountIn == 0)
        {
            return 0;
        }

        var (left, root, liquidity, paid) = (amountIn * (1 - Fee), Root, Liquidity, 0.0);
        foreach (var tick in Ticks.Append(new PoolTick(End, 0)))
        {
            var end = Elementary.Exp(tick.Tick * LnTick / 2);
            var room = Math.Max(0, isFirst ? liquidity * ((1 / end) - (1 / root)) : liquidity * (end - root));
            if (room >= left)
            {
                var last = isFirst ? liquidity * root / (liquidity + (left * root)) : root + (left / liquidity);
                return 1 - ((paid + Out(isFirst, liquidity, root, last)) / Worth(isFirst, amountIn));
            }

            paid += Math.Max(0, Out(isFirst, liquidity, root, end));
            (left, root) = (left - room, isFirst ? Math.Min(root, end) : Math.Max(root, end));
            liquidity = Math.Max(0, isFirst ? liquidity - tick.Net : liquidity + tick.Net);
        }

        return 1 - (paid / Worth(isFirst, amountIn));
    }

    private double Worth(bool isFirst, double amountIn) => isFirst ? amountIn * Root * Root : amountIn / (Root * Root);

    private static double Out(bool isFirst, double liquidity, double from, double to) => isFirst ? liquidity * (from - to) : liquidity * ((1 / from) - (1 / to));
}
