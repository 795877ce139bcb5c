using System.Globalization;
using KeeperOracle.Chain.Signing;

namespace KeeperOracle.Host.Configuration;

/// <summary>
/// The rules of AttestationVerifier, judged before anything is signed: n signers tolerate f = (n - 1) / 3 liars;
/// TightenThreshold is at least max(2, f + 1), so that an honest signer is among them; Threshold is at least (n + f + 1) / 2 rounded
/// up, so that any two quorums share an honest signer; neither exceeds n.
/// </summary>
internal static class QuorumRules
{
    private const int FewestSigners = 4;

    internal static void Judge(KeeperOracleOptions options, ConfigurationUse use, ProblemList problems)
    {
        var signers = options.Quorum.Signers.Count;
        if ((signers > 0 || use == ConfigurationUse.Keeper) && signers < FewestSigners)
        {
            problems.Add(
                "Quorum:Signers",
                null,
                signers == 0 ? "no signer is named, so no report could be believed" : $"{signers} signers tolerate not one liar",
                $"List at least {FewestSigners} addresses: n signers tolerate (n - 1) / 3 liars.");
        }

        SignersDiffer(options.Quorum, problems);
        // With too few signers (or none, where none are needed) the thresholds are judged as for the fewest allowed.
        var n = Math.Max(signers, FewestSigners);
        var f = (n - 1) / 3;
        Threshold(
            "TightenThreshold", options.Quorum.TightenThreshold, Math.Max(2, f + 1), "tighten alone", "might all be liars", n, f, problems);
        Threshold(
            "Threshold",
            options.Quorum.Threshold,
            (n + f + 2) / 2,
            "publish alone",
            "and another quorum need share no honest signer",
            n,
            f,
            problems);
    }

    private static void SignersDiffer(QuorumOptions quorum, ProblemList problems)
    {
        for (var i = 1; i < quorum.Signers.Count; i++)
        {
            var signer = quorum.Signers[i];
            var earlier = quorum.Signers.Take(i).ToList().IndexOf(signer);
            if (earlier >= 0 && !signer.IsZero)
            {
                problems.Add(
                    $"Quorum:Signers:{i}", Eip55.Format(signer), $"the same signer stands at position {earlier}: one key would count twice", "List each signer once.");
            }
        }
    }

    /// <param name="alone">What one stolen key could do at 1.</param>
    /// <param name="together">What is wrong with so few; it follows "2 signers".</param>
    private static void Threshold(string name, int given, int needed, string alone, string together, int n, int f, ProblemList problems)
    {
        var path = $"Quorum:{name}";
        if (problems.Has(path) || (given >= needed && given <= n))
        {
            return;
        }

        var problem = given > n ? $"there are only {n} signers, so it could never be reached"
            : given == 1 ? $"one stolen key would {alone}"
            : $"{given} signers {together}";
        var fix = given > n ? $"Set it to {needed} to {n}" : $"Set it to {needed} or more";
        problems.Add(path, given.ToString(CultureInfo.InvariantCulture), problem, $"{fix} (n = {n} signers, f = {f}).");
    }
}
