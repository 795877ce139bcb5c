using System.Globalization;
using System.Text.Json;
using KeeperOracle.Host.Configuration;

namespace KeeperOracle.Host.Files;

/// <summary>What a number of a file must be.</summary>
internal enum NumberRange
{
    Any,
    NotNegative,
    Positive,

    /// <summary>From 0 to 1, both included.</summary>
    Fraction,
}

/// <summary>
/// One object of a JSON input file. It is asked for what it may hold; what it holds beyond that, holds twice, lacks, or holds in a wrong
/// form goes into one list, so that a person mends the file in one go. Keys are read without regard to case. A number may be written as a
/// string of decimal digits, the form in which interfaces carry exact ones.
/// </summary>
internal sealed class JsonInput
{
    private const NumberStyles PlainNumber =
        NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    /// <summary>Letters by which a key may differ from a known one and still be taken for a slip of it.</summary>
    private const int MostSlips = 2;

    private static readonly JsonDocumentOptions Reading = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = false,
        MaxDepth = 32,
    };

    private readonly Dictionary<string, JsonElement> _values = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _asked = [];
    private readonly List<InputProblem> _problems;
    private readonly string _file;

    private JsonInput(string file, string path, JsonElement element, List<InputProblem> problems)
    {
        (_file, Path, _problems) = (file, path, problems);
        foreach (var property in element.EnumerateObject())
        {
            if (!_values.TryAdd(property.Name, property.Value))
            {
                Refuse("DuplicateKey", property.Name, "it stands here twice: keep one.");
            }
        }
    }

    /// <summary>Such as `underlyings[0]`; empty for the whole file.</summary>
    public string Path { get; }

    /// <summary>
    /// Reads a file whose whole is one object, and throws with all that was found wrong while <paramref name="read"/> asked.
    /// </summary>
    public static T Read<T>(string file, Func<JsonInput, T> read)
    {
        var name = InputText.NameOf(file);
        try
        {
            using var document = JsonDocument.Parse(InputText.Read(file), Reading);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new InputFileException("NotAnObject", name, 1, "a JSON object is expected: { … }.");
            }

            var problems = new List<InputProblem>();
            var root = new JsonInput(name, "", document.RootElement, problems);
            root.Skip("$schema");
            var result = read(root);
            root.RefuseUnknown();
            return problems.Count == 0 ? result : throw new InputFileException(problems);
        }
        catch (JsonException malformed)
        {
            var line = malformed.LineNumber is { } zeroBased ? (int)zeroBased + 1 : 1;
            var problem = malformed.Message.Split(" LineNumber", 2)[0].Split(" Path:", 2)[0];
            throw new InputFileException("NotJson", name, line, $"it is no JSON: {problem}");
        }
    }

    public bool Has(string key) => _values.TryGetValue(key, out var value) && value.ValueKind != JsonValueKind.Null;

    public void Skip(string key) => _asked.Add(key);

    /// <summary>
    /// Whatever else stands here is left alone: the format is another's. Except a key that looks like a slip of one that is absent, of which
    /// the default would be taken in silence.
    /// </summary>
    public void SkipRest()
    {
        var known = _asked.ToList();
        foreach (var key in _values.Keys.Where(key => !known.Contains(key, StringComparer.OrdinalIgnoreCase)).ToList())
        {
            if (KeyCheck.Nearest(key, known) is { } near && !Has(near)
                && KeyCheck.EditDistance(key.ToUpperInvariant(), near.ToUpperInvariant()) <= MostSlips)
            {
                Refuse("UnknownKey", key, $"there is no such key here, and \"{near}\" is missing: did you mean that?");
            }

            _asked.Add(key);
        }
    }

    /// <summary>Once for each place: a second complaint of the same kind would say nothing new.</summary>
    public void Refuse(string refusal, string key, string problem)
    {
        var path = PathOf(key);
        if (!_problems.Exists(known => known.Refusal == refusal && known.Path == path))
        {
            _problems.Add(new InputProblem(refusal, _file, null, path, problem));
        }
    }

    /// <summary>The number, or zero after it was refused.</summary>
    public double Number(string key, NumberRange range = NumberRange.Any) => OptionalNumber(key, range) ?? Missing(key, "a number", 0.0);

    public double NumberOr(string key, double absent, NumberRange range = NumberRange.Any) => OptionalNumber(key, range) ?? absent;

    /// <summary>Null where there is none; zero after it was refused.</summary>
    public double? OptionalNumber(string key, NumberRange range = NumberRange.Any)
    {
        if (Find(key) is not { } value)
        {
            return null;
        }

        if (!TryNumber(value, out var number))
        {
            Refuse("NotANumber", key, $"{Shown(value)} is no finite number: write for example 0.6.");
            return 0;
        }

        var wanted = range switch
        {
            NumberRange.Positive when number <= 0 => "it must be over zero",
            NumberRange.NotNegative when number < 0 => "it must not be under zero",
            NumberRange.Fraction when number is < 0 or > 1 => "it must lie from 0 to 1",
            _ => null,
        };
        if (wanted is not null)
        {
            Refuse("OutOfRange", key, string.Create(CultureInfo.InvariantCulture, $"{number:R} was given, and {wanted}."));
        }

        return number;
    }

    public string Text(string key) => OptionalText(key) ?? Missing(key, "a text", "");

    public string? OptionalText(string key)
    {
        if (Find(key) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text)
        {
            return text;
        }

        Refuse("NotAText", key, $"{Shown(value)} is no text: write it in quotes.");
        return "";
    }

    public bool Flag(string key, bool absent)
    {
        if (Find(key) is not { } value)
        {
            return absent;
        }

        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        Refuse("NotAFlag", key, $"{Shown(value)} is neither true nor false.");
        return absent;
    }

    /// <summary>One of a few words, without regard to case. Null where there is none, or after it was refused.</summary>
    public string? OptionalChoice(string key, IReadOnlyList<string> words)
    {
        if (OptionalText(key) is not { Length: > 0 } text)
        {
            return null;
        }

        var found = words.FirstOrDefault(word => word.Equals(text, StringComparison.OrdinalIgnoreCase));
        if (found is null)
        {
            Refuse("UnknownValue", key, $"\"{text}\" is none of {string.Join(", ", words)}. Did you mean "
                + $"\"{KeyCheck.Nearest(text, words)}\"?");
        }

        return found;
    }

    public string? Choice(string key, IReadOnlyList<string> words) =>
        Has(key) ? OptionalChoice(key, words) : Missing<string?>(key, $"one of {string.Join(", ", words)}", null);

    /// <summary>Null where there is none, or after it was refused.</summary>
    public T? Object<T>(string key, Func<JsonInput, T> read)
        where T : class
    {
        if (Find(key) is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            Refuse("NotAnObject", key, $"{Shown(value)} is no object: write it as {{ … }}.");
            return null;
        }

        return ReadPart(PathOf(key), value, read);
    }

    /// <summary>A value to the letter as the file has it, for a hash over it; null where there is none.</summary>
    public string? Verbatim(string key) => Find(key)?.GetRawText();

    /// <summary>The objects of a list in their order; none where there is no list.</summary>
    public IReadOnlyList<T> List<T>(string key, Func<JsonInput, T> read)
    {
        if (Find(key) is not { } value)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            Refuse("NotAList", key, $"{Shown(value)} is no list: write it as [ … ].");
            return [];
        }

        var items = new List<T>();
        foreach (var (place, item) in value.EnumerateArray().Index())
        {
            if (item.ValueKind == JsonValueKind.Object)
            {
                items.Add(ReadPart($"{PathOf(key)}[{place}]", item, read));
            }
            else
            {
                Refuse("NotAnObject", $"{key}[{place}]", $"{Shown(item)} is no object: write it as {{ … }}.");
            }
        }

        return items;
    }

    /// <summary>A list of numbers; null where there is none, or after it was refused.</summary>
    public double[]? NumberList(string key)
    {
        if (Find(key) is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            Refuse("NotAList", key, $"{Shown(value)} is no list: write it as [ … ].");
            return null;
        }

        var numbers = new double[value.GetArrayLength()];
        foreach (var (place, item) in value.EnumerateArray().Index())
        {
            if (!TryNumber(item, out numbers[place]))
            {
                Refuse("NotANumber", $"{key}[{place}]", $"{Shown(item)} is no finite number: write for example 0.6.");
            }
        }

        return numbers;
    }

    /// <summary>Numbers under names of the writer's choice, in the order of the file.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> Numbers(string key, NumberRange range) =>
        Object<IReadOnlyList<KeyValuePair<string, double>>>(
            key,
            map => [.. map._values.Keys.ToList().Select(name => KeyValuePair.Create(name, map.Number(name, range)))]) ?? [];

    private T ReadPart<T>(string path, JsonElement element, Func<JsonInput, T> read)
    {
        var part = new JsonInput(_file, path, element, _problems);
        var result = read(part);
        part.RefuseUnknown();
        return result;
    }

    private void RefuseUnknown()
    {
        foreach (var key in _values.Keys.Where(key => !_asked.Contains(key, StringComparer.OrdinalIgnoreCase)))
        {
            var known = _asked.Where(name => name[0] != '$').Distinct(StringComparer.OrdinalIgnoreCase).ToList();
            Refuse("UnknownKey", key, $"there is no such key. Did you mean \"{KeyCheck.Nearest(key, known)}\"? Known here: "
                + $"{string.Join(", ", known)}.");
        }
    }

    private JsonElement? Find(string key)
    {
        _asked.Add(key);
        return Has(key) ? _values[key] : null;
    }

    private T Missing<T>(string key, string wanted, T instead)
    {
        _asked.Add(key);
        Refuse("MissingKey", key, $"it is missing: {wanted} is needed here.");
        return instead;
    }

    private static bool TryNumber(JsonElement value, out double number)
    {
        number = 0;
        return value.ValueKind switch
        {
            JsonValueKind.Number => value.TryGetDouble(out number) && double.IsFinite(number),
            JsonValueKind.String => value.GetString() is { Length: > 0 } text && !char.IsLetter(text[^1])
                && double.TryParse(text, PlainNumber, CultureInfo.InvariantCulture, out number)
                && double.IsFinite(number),
            _ => false,
        };
    }

    private static string Shown(JsonElement value) => value.GetRawText() is { Length: > 40 } text ? text[..40] + "…" : value.GetRawText();

    private string PathOf(string key) => Path.Length == 0 ? key : $"{Path}.{key}";
}
