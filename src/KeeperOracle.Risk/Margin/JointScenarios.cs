using KeeperOracle.Risk.Correlation;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Risk.Margin;

/// <summary>Parameters of <see cref="JointScenarios"/>.</summary>
/// <param name="Draws">joint scenarios for each correlation: the more there are, the smaller the offset</param>
/// <param name="LargestShare">of all requirements but the largest (of the smaller one, with two)</param>
public sealed record JointParameters(int Draws = 2000, double LargestShare = .5)
{
    public void Require()
    {
        if (Draws is < 1 or > 10_000_000 || !(LargestShare is >= 0 and <= 1))
        {
            throw new RiskInputException(
                "ParameterOutOfRange", $"Draws ({Draws}) is 1 to 10,000,000 and LargestShare ({LargestShare}) from 0 to 1.");
        }
    }
}

/// <summary>Requirements of several underlyings, added up and jointly; positive, units of account.</summary>
/// <param name="Sum">as on-chain, without any offset</param>
/// <param name="Offset">what is granted</param>
/// <param name="Offsets">what each kind of joint scenario would grant: estimated, stressed, independent, perfectly
/// (anti-)correlated</param>
public sealed record JointAssessment(double Sum, double Offset, IReadOnlyList<JointOffset> Offsets)
{
    public double Requirement => Sum - Offset;
}

/// <param name="Correlation">by name: "estimated", "stressed", "independent", "perfect"</param>
/// <param name="Requirement">worst over these joint scenarios, contingencies included</param>
public readonly record struct JointOffset(string Correlation, double Requirement, double Offset);

/// <summary>
/// An offset between underlyings, off-chain only: on-chain their requirements add up.
/// <code>
/// z          correlated standard normals, one for each underlying
/// move       z/z99 of the range, to the next quarter; |z| over 3.09 the nearer tail, over 3.72 the farther one (99.9 %, 99.99 %)
/// loss       at a move the largest of the three volatilities, damped; of a joint scenario the sum, at least zero
/// joint      sum of max(0, contingency - MtM) + largest joint loss, at most the sum of the requirements
/// offset     min(LargestShare (sum R - max R), sum R - joint for every kind)
/// </code>
/// The kinds: the estimated correlation, the stressed one, independence (each drawn with the seed), and correlations of +1 and -1: all
/// moves of one size with every combination of signs, counted out, not drawn.
/// <para>
/// Honest limit: with +1 and -1 both among the kinds, an offset is left only to a book whose worst moves cannot happen together under any
/// signs, as where the worst of one underlying is a big move and that of the other is none. Two directional books get nothing. That is what
/// the rule asks for, and <see cref="JointAssessment.Offsets"/> shows what each kind alone would grant.
/// </para>
/// </summary>
public static class JointScenarios
{
    /// <summary>Signs are counted out: 2^(n-1) combinations.</summary>
    public const int MostUnderlyings = 12;

    private const double NearTail = 3.090232306167813; // 99.9 % quantile of the standard normal
    private const double FarTail = 3.719016485455709;  // 99.99 %

    /// <param name="estimated">correlation of the portfolio's underlyings, in their order</param>
    /// <param name="stressed">likewise</param>
    /// <exception cref="RiskInputException">as <see cref="ScaledMargin.Assess"/>, `ParameterOutOfRange`, `TooManyUnderlyings`,
    /// `ShapeMismatch`, `OwnGrid`</exception>
    public static JointAssessment Assess(
        Portfolio portfolio,
        CorrelationMatrix estimated,
        CorrelationMatrix stressed,
        ulong seed,
        ScaledParameters? scaled = null,
        JointParameters? parameters = null)
    {
        ArgumentNullException.ThrowIfNull(estimated);
        ArgumentNullException.ThrowIfNull(stressed);
        var (grid, rules) = (scaled ?? new ScaledParameters(), parameters ?? new JointParameters());
        if (grid.Steps.Count != 9 || grid.Tails.Count != 4 || grid.RangeLadder.Count > 0)
        {
            throw new RiskInputException(
                "OwnGrid", "Joint scenarios need the published grid of nine steps and four tails, without a ladder.");
        }

        rules.Require();
        var book = new MarginBook(portfolio, grid);
        var count = portfolio.Underlyings.Count;
        if (count > MostUnderlyings)
        {
            throw new RiskInputException("TooManyUnderlyings", $"Joint scenarios take up to {MostUnderlyings} underlyings, not {count}.");
        }

        if (estimated.Size != count || stressed.Size != count)
        {
            throw new RiskInputException(
                "ShapeMismatch", $"Correlations of {estimated.Size} and {stressed.Size} series; the portfolio has {count} underlyings.");
        }

        var losses = Enumerable.Range(0, count).Select(i => LossByMove(book.Legs(i))).ToArray();
        var risks = Enumerable.Range(0, count).Select(book.RiskOf).ToArray();
        var sum = risks.Sum(risk => risk.Requirement);
        var fixedPart = risks.Sum(risk => Math.Max(0, risk.Contingency - risk.MarkToMarket));
        var offsets = new List<JointOffset>();
        void Add(string name, double worst)
        {
            var joint = Math.Min(sum, fixedPart + worst);
            offsets.Add(new JointOffset(name, joint, sum - joint));
        }

        Add("estimated", Drawn(losses, estimated, seed, rules.Draws));
        Add("stressed", Drawn(losses, stressed, seed, rules.Draws));
        Add("independent", Drawn(losses, CorrelationMatrix.Identity(count), seed, rules.Draws));
        Add("perfect", Perfect(losses));
        var cap = rules.LargestShare * (sum - risks.Max(risk => risk.Requirement));
        return new JointAssessment(sum, Math.Min(cap, offsets.Min(one => one.Offset)), offsets);
    }

    /// <summary>Damped loss at each move, largest over volatilities: from the far tail down (0) over no move (6) to the far tail up
    /// (12).</summary>
    private static double[] LossByMove(UnderlyingBook book)
    {
        const int Steps = 9;
        var gains = book.DampedGains();
        double Loss(int lane) => -gains[lane].Gain;
        var steps = Enumerable.Range(0, Steps).Select(step => Enumerable.Range(3 * step, 3).Max(Loss));
        var tails = Enumerable.Range(3 * Steps, 4).Select(Loss).ToArray();
        return [tails[0], tails[1], .. steps, tails[2], tails[3]];
    }

    private static double Drawn(double[][] losses, CorrelationMatrix correlation, ulong seed, int draws)
    {
        var count = losses.Length;
        var factor = correlation.Factor();
        var random = new SeededRandom(seed);
        var normals = new double[count];
        var worst = 0.0;
        for (var draw = 0; draw < draws; draw++)
        {
            for (var i = 0; i < count; i++)
            {
                normals[i] = random.NextNormal();
            }

            var loss = 0.0;
            for (var i = 0; i < count; i++)
            {
                var z = 0.0;
                for (var j = 0; j < count; j++)
                {
                    z += factor[(i * count) + j] * normals[j];
                }

                loss += losses[i][MoveOf(z)];
            }

            worst = Math.Max(worst, loss);
        }

        return worst;
    }

    private static double Perfect(double[][] losses)
    {
        var worst = 0.0;
        for (var signs = 0; signs < 1 << (losses.Length - 1); signs++)
        {
            for (var move = -6; move <= 6; move++)
            {
                var loss = 0.0;
                for (var i = 0; i < losses.Length; i++)
                {
                    loss += losses[i][6 + ((signs >> i & 1) == 0 ? move : -move)];
                }

                worst = Math.Max(worst, loss);
            }
        }

        return worst;
    }

    private static int MoveOf(double z)
    {
        var size = Math.Abs(z);
        var move = size > FarTail ? 6 : size > NearTail ? 5 : (int)Math.Min(4, Math.Floor((4 * size / Conventions.Z99) + .5));
        return z < 0 ? 6 - move : 6 + move;
    }
}
