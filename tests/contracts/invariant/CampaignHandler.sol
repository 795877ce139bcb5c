// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IOracleHub} from "../../../contracts/interfaces/IOracleHub.sol";
import {LiquidationLimits} from "../../../contracts/types/LiquidationLimits.sol";
import {BaseTest} from "../BaseTest.sol";
import {MockToken} from "../mocks/MockToken.sol";
import {SteadyFeed} from "../mocks/SteadyFeed.sol";

/// @title What the handlers of all campaigns have: their own deployment, steady feeds, and a count of what happened
/// @dev No call of a handler reverts: a refusal is caught only where the rules allow that refusal, and anything else fails the run. What must hold across
/// one call is asserted here, in the handler; what must hold at rest is for the campaign's one `invariant_` function. Messages carry the number of the
/// sentence in INVARIANTS.md.
abstract contract CampaignHandler is BaseTest {
    /// @dev Dear checks are made at every so many calls, and at the end of a run.
    uint256 internal constant CHECK_INTERVAL = 50;

    MockToken[2] internal _tokens;
    mapping(MockToken token => SteadyFeed[4]) private _feedsOf;
    mapping(MockToken token => int192 answer) private _answers;
    mapping(MockToken token => bool down) internal _isDown;

    /// @notice How often each kind of thing happened: a run in which nothing happens proves nothing.
    mapping(string what => uint256 times) public counted;
    uint256 internal _calls;

    function setUp() public virtual override {
        super.setUp();
        _tokens = [weth, wbtc];
        _steady(weth, 3000e8);
        _steady(wbtc, 60_000e8);
    }

    /// @notice Whether it is time for the dear checks.
    function due() external view returns (bool) {
        return _calls % CHECK_INTERVAL == 0;
    }

    /// @notice Whether it is the turn of checks that every fourth call is enough for.
    function turn() external view returns (bool) {
        return _calls % 4 == 0;
    }

    function money() external view returns (MockToken stable, MockToken[2] memory tokens) {
        return (usdc, _tokens);
    }

    // ------------------------------------------------------------------------------------------------------- prices

    function _steady(MockToken token, int192 answer) private {
        IOracleHub.FeedSet memory set;
        for (uint256 i = 0; i < 4; ++i) {
            _feedsOf[token][i] = new SteadyFeed(answer);
            IOracleHub.Feed memory feed =
                IOracleHub.Feed({aggregator: address(_feedsOf[token][i]), decimals: 8, maxAge: MAX_AGE});
            if (i < 3) set.feeds[i] = feed;
            else set.fallbackFeed = feed;
        }
        (set.deviation, set.minPrice, set.maxPrice) = (DEVIATION, 1e18, 1e24);
        hub.setFeeds(address(token), set);
        _answers[token] = answer;
    }

    /// @dev Price of a whole token with the 8 decimals of the feeds.
    function _answerOf(MockToken token) internal view returns (uint256) {
        return uint256(int256(_answers[token]));
    }

    function _setAnswer(MockToken token, uint256 answer) internal {
        // Tests set prices of at most 1e15.
        // forge-lint: disable-next-line(unsafe-typecast)
        _answers[token] = int192(int256(answer));
        for (uint256 i = 0; i < 3; ++i) {
            _feedsOf[token][i].set(_answers[token]);
        }
    }

    function _setTokenDown(MockToken token, bool down) internal {
        _isDown[token] = down;
        for (uint256 i = 0; i < 3; ++i) {
            _feedsOf[token][i].setDown(down);
        }
    }

    function _priced() internal view returns (bool) {
        return !_isDown[weth] && !_isDown[wbtc];
    }

    // ------------------------------------------------------------------------------------------------------ refusals

    /// @dev The name of an error: its first four bytes.
    function _nameOf(bytes memory refusal) internal pure returns (bytes4) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return bytes4(refusal);
    }

    /// @dev Fails the run, with the bytes of the error, unless the rules allow this refusal here.
    function _allowOnly(bool allowed, string memory sentence, bytes memory refusal) internal {
        if (!allowed) assertTrue(false, string.concat(sentence, ": an unexpected refusal ", vm.toString(refusal)));
        ++counted["refused"];
    }

    /// @dev What a liquidator accepts who accepts anything.
    function _anything() internal view returns (LiquidationLimits memory) {
        return
            LiquidationLimits({
                maxRepay: type(uint256).max, minSeized: new uint256[](2), deadline: vm.getBlockTimestamp()
            });
    }

    function _ownerOf(bytes32 account) internal pure returns (address) {
        return address(uint160(uint256(account) >> 96));
    }
}
