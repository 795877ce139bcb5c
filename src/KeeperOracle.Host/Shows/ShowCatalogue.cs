namespace KeeperOracle.Host.Shows;

/// <summary>The shows there are. Systems 1 to 17 and A to C are the product's; those without a show are refused by name.</summary>
internal static class ShowCatalogue
{
    private static readonly string[] Systems = [.. Enumerable.Range(1, 17).Select(number => $"{number}"), "A", "B", "C"];

    public static IReadOnlyList<Show> All { get; } =
    [
        TailShow.Show,
        ModelsShow.Show,
        HedgeShow.Show,
        VolatilityGridShow.Show,
        BadDayShow.Show,
        ManyAccountsShow.Show,
        PortfolioMarginShow.Show,
        BreachShow.Show,
        CoverageShow.Show,
        GreeksShow.Show,
        FeedbackShow.Show,
    ];

    /// <summary>Those that need a local chain.</summary>
    public static IReadOnlyList<ChainShow> OnChain { get; } =
    [
        SwapShow.Show,
        HybridShow.Show,
        RatioShow.Show,
        ChallengeShow.Show,
        GuaranteesShow.Show,
        TopUpShow.Show,
        GovernanceShow.Show,
    ];

    /// <summary>Those that need two.</summary>
    public static IReadOnlyList<TwoChainShow> OnTwoChains { get; } = [CrossChainShow.Show];

    /// <summary>The systems that have one, as a person reads them.</summary>
    public static string Names => string.Join(", ", Systems.Where(Has));

    /// <summary>Null where there is none; letters in either case.</summary>
    public static Show? Find(string system) =>
        All.FirstOrDefault(show => string.Equals(show.System, system, StringComparison.OrdinalIgnoreCase));

    /// <summary>As <see cref="Find"/>.</summary>
    public static ChainShow? FindOnChain(string system) =>
        OnChain.FirstOrDefault(show => string.Equals(show.System, system, StringComparison.OrdinalIgnoreCase));

    /// <summary>As <see cref="Find"/>.</summary>
    public static TwoChainShow? FindOnTwoChains(string system) =>
        OnTwoChains.FirstOrDefault(show => string.Equals(show.System, system, StringComparison.OrdinalIgnoreCase));

    private static bool Has(string system) => Find(system) is not null || FindOnChain(system) is not null || FindOnTwoChains(system) is not null;

    /// <summary>Why there is no show of this name, and which there are; null where there is one.</summary>
    public static string? Refusal(string system)
    {
        if (Has(system))
        {
            return null;
        }

        var why = Systems.Contains(system, StringComparer.OrdinalIgnoreCase)
            ? "NoShowYet: this system has no short show yet"
            : "UnknownSystem: the systems are 1 to 17 and A to C";
        return $"'{system}': {why}. There are shows of {Names}.";
    }
}
