using System.Text;

namespace KeeperOracle.Generators;

/// <summary>
/// A strict reader of JSON text. A source generator runs inside the compiler and brings no assembly of its own along, so
/// System.Text.Json is out of reach here. Objects are dictionaries, arrays lists, the rest string, bool, null; a number stays text.
/// </summary>
internal sealed class JsonText
{
    private const int MaximumDepth = 64;
    private readonly string _text;
    private int _position;

    private JsonText(string text) => _text = text;

    /// <summary>Reads the whole text as one value. Throws <see cref="FormatException"/> with line and column.</summary>
    public static object? Parse(string text)
    {
        var reader = new JsonText(text);
        var value = reader.Value(0);
        reader.SkipSpace();
        return reader._position == text.Length ? value : throw reader.Wrong("more text after the end of the value");
    }

    private object? Value(int depth)
    {
        if (depth > MaximumDepth)
        {
            throw Wrong("nested too deeply");
        }

        SkipSpace();
        switch (Peek())
        {
            case '{': return Object(depth);
            case '[': return Array(depth);
            case '"': return String();
            case 't': return Word("true", true);
            case 'f': return Word("false", false);
            case 'n': return Word("null", null);
            default: return Number();
        }
    }

    private Dictionary<string, object?> Object(int depth)
    {
        var members = new Dictionary<string, object?>(StringComparer.Ordinal);
        Expect('{');
        SkipSpace();
        if (Take('}'))
        {
            return members;
        }

        do
        {
            SkipSpace();
            var name = String();
            SkipSpace();
            Expect(':');
            if (members.ContainsKey(name))
            {
                throw Wrong($"the key '{name}' twice");
            }

            members.Add(name, Value(depth + 1));
            SkipSpace();
        }
        while (Take(','));
        Expect('}');
        return members;
    }

    private List<object?> Array(int depth)
    {
        var items = new List<object?>();
        Expect('[');
        SkipSpace();
        if (Take(']'))
        {
            return items;
        }

        do
        {
            items.Add(Value(depth + 1));
            SkipSpace();
        }
        while (Take(','));
        Expect(']');
        return items;
    }

    private string String()
    {
        Expect('"');
        var text = new StringBuilder();
        while (true)
        {
            var c = Next();
            if (c == '"')
            {
                return text.ToString();
            }

            if (c < ' ')
            {
                throw Wrong("a control character in a string");
            }

            text.Append(c == '\\' ? Escape() : c);
        }
    }

    private char Escape()
    {
        var c = Next();
        switch (c)
        {
            case '"' or '\\' or '/': return c;
            case 'b': return '\b';
            case 'f': return '\f';
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'u':
                var code = 0;
                for (var i = 0; i < 4; i++)
                {
                    var digit = "0123456789abcdef".IndexOf(char.ToLowerInvariant(Next()));
                    code = digit < 0 ? throw Wrong("a bad \\u escape") : (code * 16) + digit;
                }

                return (char)code;
            default: throw Wrong($"the unknown escape '\\{c}'");
        }
    }

    private object? Word(string word, object? value)
    {
        if (string.CompareOrdinal(_text, _position, word, 0, word.Length) != 0)
        {
            throw Wrong("an unknown word");
        }

        _position += word.Length;
        return value;
    }

    private string Number()
    {
        var start = _position;
        while (_position < _text.Length && "+-.0123456789eE".IndexOf(_text[_position]) >= 0)
        {
            _position++;
        }

        return _position > start ? _text.Substring(start, _position - start) : throw Wrong("no value where one must be");
    }

    private void SkipSpace()
    {
        while (_position < _text.Length && _text[_position] is ' ' or '\t' or '\r' or '\n')
        {
            _position++;
        }
    }

    private char Peek() => _position < _text.Length ? _text[_position] : throw Wrong("an early end");

    private char Next()
    {
        var c = Peek();
        _position++;
        return c;
    }

    private bool Take(char c)
    {
        if (Peek() != c)
        {
            return false;
        }

        _position++;
        return true;
    }

    private void Expect(char c)
    {
        if (!Take(c))
        {
            throw Wrong($"'{Peek()}' where '{c}' must be");
        }
    }

    private FormatException Wrong(string what)
    {
        var line = 1;
        var column = 1;
        for (var i = 0; i < _position && i < _text.Length; i++)
        {
            column = _text[i] == '\n' ? 1 : column + 1;
            line += _text[i] == '\n' ? 1 : 0;
        }

        return new FormatException($"{what} at line {line}, column {column}");
    }
}
