using KeeperOracle.Risk.CrossChain;
using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Host.Files;

/// <summary>
/// Linked accounts on several chains as a JSON file: a portfolio (<see cref="PortfolioFile"/>) whose legs and collaterals name their `chain`
/// (which may be left out where there is one), and
///
///   chains   { chain, one of ageSeconds and observedAt (a time, with asOf as now), finalityLagSeconds, valueCap, silent, debt, cash }
///
/// Debt and cash stand at the chain where they are, and the age of a collateral is that of its chain. An observation later than now counts
/// as one of now.
/// </summary>
internal static class LinkedAccountsFile
{
    /// <summary>All problems of the file are refused together.</summary>
    public static (LinkedAccounts Accounts, ScaledParameters Parameters) Read(JsonInput root)
    {
        var (portfolio, parameters) = PortfolioFile.Read(root, own => own.FixedRange is null, ParameterReader.Read<ScaledParameters>);
        DateTimeOffset? asOf = TimeText.TryParse(root.OptionalText("asOf") ?? "", out var time) ? time : null;
        var chains = root.List("chains", part => ReadChain(part, asOf));
        RefuseWhatIsOfAChain(root, portfolio, chains);
        bool IsOn(string? named, ChainAccount chain) => chains.Count == 1 || named == chain.Chain;
        return (
            new LinkedAccounts(
                portfolio.Underlyings,
                [.. chains.Select(chain => chain with
                {
                    Legs = [.. portfolio.Legs.Where(leg => IsOn(leg.Chain, chain))],
                    Collaterals = [.. portfolio.Collaterals.Where(held => IsOn(held.Chain, chain)).Select(held => new ChainCollateral(
                        held.Asset, held.Amount, held.Price, held.LiquidationThreshold, held.BorrowFactor, held.Volatility))],
                })],
                portfolio.StablePrice),
            parameters);
    }

    private static ChainAccount ReadChain(JsonInput part, DateTimeOffset? asOf)
    {
        var name = part.Text("chain");
        return new ChainAccount(
            name,
            ReadAge(part, asOf),
            part.NumberOr("finalityLagSeconds", 0, NumberRange.NotNegative),
            [],
            [],
            part.NumberOr("debt", 0, NumberRange.NotNegative),
            part.NumberOr("cash", 0),
            part.OptionalNumber("valueCap", NumberRange.NotNegative),
            part.Flag("silent", false));
    }

    private static double ReadAge(JsonInput part, DateTimeOffset? asOf)
    {
        var seconds = part.OptionalNumber("ageSeconds");
        if (part.OptionalText("observedAt") is not { Length: > 0 } text)
        {
            return seconds ?? 0;
        }

        if (seconds is not null)
        {
            part.Refuse("TwoForms", "observedAt", "give one of ageSeconds and observedAt.");
        }
        else if (!TimeText.TryParse(text, out var observed))
        {
            part.Refuse("BadTimestamp", "observedAt", $"\"{text}\" is no time in ISO-8601: write for example {TimeText.Example}.");
        }
        else if (asOf is not { } now)
        {
            part.Refuse("MissingAsOf", "observedAt", "a time has an age only where the file says what time it is: add \"asOf\".");
        }
        else
        {
            return (now - observed).TotalSeconds;
        }

        return 0;
    }

    private static void RefuseWhatIsOfAChain(JsonInput root, Portfolio portfolio, IReadOnlyList<ChainAccount> chains)
    {
        if (!root.Has("chains"))
        {
            root.Refuse("MissingKey", "chains", "it is missing: name each chain with the age of what is known of it.");
        }

        if (portfolio.Debt != 0)
        {
            root.Refuse("OfAChain", "debt", "it is owed on a chain: write it there, in chains.");
        }

        if (portfolio.Cash != 0)
        {
            root.Refuse("OfAChain", "cash", "it is held or owed on a chain: write it there, in chains.");
        }

        foreach (var (place, leg) in portfolio.Legs.Index())
        {
            RefuseUnknown(root, $"legs[{place}].chain", leg.Chain, chains);
        }

        foreach (var (place, held) in portfolio.Collaterals.Index())
        {
            RefuseUnknown(root, $"collaterals[{place}].chain", held.Chain, chains);
            if (held.AgeSeconds != 0)
            {
                root.Refuse("OfAChain", $"collaterals[{place}].ageSeconds", "its age is that of its chain: write it there, in chains.");
            }
        }
    }

    private static void RefuseUnknown(JsonInput root, string key, string? named, IReadOnlyList<ChainAccount> chains)
    {
        if (named is null && chains.Count > 1)
        {
            root.Refuse("MissingKey", key, "it is missing: say on which of the chains it is.");
        }
        else if (named is not null && chains.Count > 0 && chains.All(chain => chain.Chain != named))
        {
            root.Refuse("UnknownChain", key, $"\"{named}\" is not among the chains ({string.Join(", ", chains.Select(chain => chain.Chain))}). Add it there.");
        }
    }
}
