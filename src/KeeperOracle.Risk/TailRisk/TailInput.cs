namespace KeeperOracle.Risk.TailRisk;

/// <summary>What every method of this folder asks of its input.</summary>
internal static class TailInput
{
    /// <summary>Fourth powers of anything up to here are finite; no return and no P&amp;L in any unit of account is larger.</summary>
    internal const double Largest = 1e60;

    internal static void RequireLevel(double level)
    {
        if (level is not (> 0 and < 1))
        {
            throw new RiskInputException("LevelOutOfRange", $"The level is {level}; it lies between 0 and 1, for example .99.");
        }
    }

    /// <exception cref="RiskInputException">`TooFewObservations`, `NotFinite`, `TooLarge`</exception>
    internal static void RequireObservations(ReadOnlySpan<double> observations, int minimum)
    {
        if (observations.Length < minimum)
        {
            throw new RiskInputException("TooFewObservations", $"{observations.Length} observations; at least {minimum} are needed.");
        }

        for (var i = 0; i < observations.Length; i++)
        {
            if (Math.Abs(observations[i]) <= Largest)
            {
                continue;
            }

            throw double.IsFinite(observations[i])
                ? new RiskInputException("TooLarge", $"Observation {i} is {observations[i]}, over {Largest}: check its unit.")
                : new RiskInputException("NotFinite", $"Observation {i} is {observations[i]}.");
        }
    }

    /// <summary>A finite number, not over the largest.</summary>
    internal static void RequireNumber(string name, double value)
    {
        if (!(Math.Abs(value) <= Largest))
        {
            throw new RiskInputException("NotFinite", $"The {name} is {value}; give a number of at most {Largest}.");
        }
    }

    /// <summary>A number of at least zero.</summary>
    internal static void RequireAtLeastZero(string name, double value)
    {
        RequireNumber(name, value);
        if (value < 0)
        {
            throw new RiskInputException("Negative", $"The {name} is {value}; it is at least 0.");
        }
    }

    internal static void RequireCount(string name, int value, int least)
    {
        if (value < least)
        {
            throw new RiskInputException("CountOutOfRange", $"The {name} is {value}; it is at least {least}.");
        }
    }

    internal static void RequireLength(string name, int length, int expected)
    {
        if (length != expected)
        {
            throw new RiskInputException("ShapeMismatch", $"{length} {name} where {expected} belong.");
        }
    }

    /// <summary>
    /// Where a sum or recursion over finite input left the range of a double, a named refusal instead of an infinity. ES is at least VaR
    /// for every distribution; the maximum takes back what rounding may take off.
    /// </summary>
    internal static TailForecast Finished(double var, double es)
    {
        if (!double.IsFinite(var) || !double.IsFinite(es))
        {
            throw new RiskInputException("Overflow", "The figures leave the range of a double: check the unit of the input.");
        }

        return new TailForecast(var, Math.Max(var, es));
    }
}
