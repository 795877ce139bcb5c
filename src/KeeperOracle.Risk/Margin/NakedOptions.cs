namespace KeeperOracle.Risk.Margin;

/// <summary>Short options that nothing of the same expiry covers, in contracts of one unit of the underlying.</summary>
internal static class NakedOptions
{
    /// <summary>Shorts in excess of longs of the same type and expiry, whatever their strikes (`scaled`).</summary>
    public static double ByType(UnderlyingBook book)
    {
        var naked = 0.0;
        for (var expiry = 0; expiry < book.ExpiryCount; expiry++)
        {
            var (calls, puts) = (0.0, 0.0);
            for (var leg = book.LegStart[expiry]; leg < book.LegStart[expiry + 1]; leg++)
            {
                calls += book.IsCall(leg) ? book.Amount(leg) : 0;
                puts += book.IsCall(leg) ? 0 : book.Amount(leg);
            }

            naked += Math.Max(0, -calls) + Math.Max(0, -puts);
        }

        return naked;
    }

    /// <summary>Shorts at a strike in excess of longs there, calls and puts together (`derive-pm2`).</summary>
    public static double AcrossTypes(UnderlyingBook book)
    {
        var naked = 0.0;
        for (var expiry = 0; expiry < book.ExpiryCount; expiry++)
        {
            var leg = book.LegStart[expiry];
            while (leg < book.LegStart[expiry + 1])
            {
                var (strike, net) = (book.Strike(leg), 0.0);
                for (; leg < book.LegStart[expiry + 1] && book.Strike(leg) == strike; leg++)
                {
                    net += book.Amount(leg);
                }

                naked += Math.Max(0, -net);
            }
        }

        return naked;
    }

    /// <summary>Longs and shorts of one expiry, all counted.</summary>
    public static double Gross(UnderlyingBook book, int expiry)
    {
        var gross = 0.0;
        for (var leg = book.LegStart[expiry]; leg < book.LegStart[expiry + 1]; leg++)
        {
            gross += Math.Abs(book.Amount(leg));
        }

        return gross;
    }
}
