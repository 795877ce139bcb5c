using System.Globalization;
using System.Numerics;
using System.Text.Json;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Risk;

/// <summary>One file of tests/vectors: columns of decimal strings, as scripts/make-vectors.mjs makes them.</summary>
internal sealed class Vectors(string name) : IDisposable
{
    private readonly JsonDocument _document = JsonDocument.Parse(File.ReadAllBytes(RepositoryFiles.PathOf("tests", "vectors", name)));

    public JsonElement Root => _document.RootElement;

    public List<BigInteger> Integers(string column) => [.. Text(Root, column).Select(text => BigInteger.Parse(text, CultureInfo.InvariantCulture))];

    public List<Wad> Wads(string column) => [.. Integers(column).Select(raw => new Wad(raw))];

    /// <summary>A column scaled by 1e18, as fractions.</summary>
    public List<double> Fractions(string column) => [.. Wads(column).Select(wad => wad.ToDouble())];

    public static List<double> Doubles(JsonElement element, string column) => [.. Text(element, column).Select(Double)];

    public static List<string> Strings(JsonElement element, string column) => [.. Text(element, column)];

    public static double Double(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    public void Dispose() => _document.Dispose();

    private static IEnumerable<string> Text(JsonElement element, string column) => element.GetProperty(column).EnumerateArray().Select(item => item.GetString()!);
}
