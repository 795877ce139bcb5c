using KeeperOracle.Chain.Contracts;

namespace KeeperOracle.Host.Signer.Rules;

/// <summary>One header for each number, and numbers rise with their times. The same bytes are nothing new and never reach this rule.</summary>
internal static class HeaderRule
{
    public static SignRefusal? Check(HeaderAttestation header, AttestedEarlier? earlier) =>
        header.Number > long.MaxValue || header.Timestamp > long.MaxValue
            ? new SignRefusal(SignRefusalCode.HeaderNotNewer, $"number {header.Number} at {header.Timestamp} is no number of 63 bits")
        : earlier is null ? null
        : header.Number == earlier.Epoch ? new SignRefusal(SignRefusalCode.HeaderContradicts, $"another header of number {header.Number} was attested")
        : header.Number < earlier.Epoch ? new SignRefusal(SignRefusalCode.HeaderNotNewer, $"number {header.Number} is before {earlier.Epoch}, which was attested")
        : header.Timestamp <= earlier.ObservedAt
            ? new SignRefusal(SignRefusalCode.HeaderNotNewer, $"number {header.Number} is of {header.Timestamp}, not after {earlier.ObservedAt} of {earlier.Epoch}")
        : null;
}
