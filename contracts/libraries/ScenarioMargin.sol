// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {Black76} from "./Black76.sol";
import {FactorMath} from "./FactorMath.sol";

/// @title The reference requirement of a book of options on one underlying: the model `scaled` in fixed point
/// @dev SPECIFICATION
///
/// Everything is scaled by 1e18 unless said; a year has 365 days. Losses and requirements are positive, amounts of short legs negative.
///
///   grid         spot x (1 + range {-1,-3/4,-1/2,-1/4,0,1/4,1/2,3/4,1}), each with implied volatility x {1.40, 1, .78}   27 scenarios
///   tails        -66 % x .24, -33 % x .48, +50 % x .32, +100 % x .16 of the gain or loss, volatility up                   4 scenarios
///   forward      F(move) = (F - fixed) x spot multiplier + fixed
///   value        sum of amount x e^(-rT) x Black-76(F, K, sigma sqrt T); intrinsic where sigma sqrt T is under 1e-12
///   worst        max(0, largest damped loss against the unmoved value MtM); time and rate stand still
///   contingency  1 % of spot for each naked short option: shorts in excess of longs of the same type and expiry
///   R            max(0, -MtM + worst + contingency), rounded up
///   range        clamp(z99 sigma sqrt(5/365), .08, .50): the only thing that the applied volatility sets
///
/// The same numbers as src/KeeperOracle.Risk/Margin and scripts/scenario-margin.mjs: within 3e-12 of gross notional over the golden vectors and
/// 10,000 random books (1e-6 is the promise).
///
/// Slope. With forwards that follow spot, F = ratio x S at a fixed ratio (the fixed part, too, or constant), the value of one option in one
/// scenario moves by at most its forward's move (the deltas of Black-76 lie in [-1, 1]): ratio x multiplier x |S - S0|. In
///   R = max(0, max over scenarios [ -(1 - damping) MtM - damping V(scenario) ] + contingency)
/// that is at most ratio (1 + range) for a scenario of the grid (damping 1), ratio (1 - d + d x multiplier) <= 1.16 ratio for a tail, and .01 more
/// for the contingency; maxima keep such a bound. With ratio at most 1.5 and range at most .5:
///   |R(S) - R(S0)| <= SPOT_SLOPE sum|amount| |S - S0|,   SPOT_SLOPE = 1.5 x 1.5 + .01 = 2.26
/// It holds for any move, but for those 3e-12 of gross notional; it does not hold for inputs that change otherwise.
///
/// Limits, each refused by name, so that nothing below can overflow: at most 128 legs; strikes and forwards from 1e9 to under 2^96 (a price of
/// 1e-9 to 7.9e10 units of account), spot under 2^96; amounts under 2^95; implied volatility up to 100, time up to 100 years, rate up to 10, range
/// up to .5. A leg that names no expiry is an array access out of bounds.
///
/// Gas. One logarithm for each of 13 moves of an expiry and one for each strike; one exponential and two Mills ratios for each value. `requirement` is
/// external, for linking: one copy serves all callers, and their bytecode stays small.
library ScenarioMargin {
    /// @param expiry index into the expiries
    /// @param call or put
    /// @param strike units of account for one contract
    /// @param amount contracts of one unit of the underlying, negative = short
    struct Leg {
        uint256 expiry;
        bool call;
        uint256 strike;
        int256 amount;
    }

    /// @param timeToExpiry in seconds; at zero options are worth their intrinsic value
    /// @param forward whole forward, the fixed part included
    /// @param fixedForward part of the forward that no longer moves with spot
    /// @param impliedVolatility annualised
    /// @param rate a year, continuously compounded
    struct Expiry {
        uint256 timeToExpiry;
        uint256 forward;
        uint256 fixedForward;
        uint256 impliedVolatility;
        uint256 rate;
    }

    /// @dev One expiry seen through the grid. Volatilities stand in the order up, unchanged, down.
    /// @param discount e^(-rT)
    /// @param forwards by move
    /// @param lnForwards their logarithms
    /// @param deviations sigma sqrt T by volatility
    /// @param inverses 1/deviation; all zero where options are worth their intrinsic value
    /// @param netCalls sum of the amounts of all calls
    /// @param netPuts likewise
    struct Slice {
        uint256 discount;
        uint256[13] forwards;
        int256[13] lnForwards;
        uint256[3] deviations;
        uint256[3] inverses;
        int256 netCalls;
        int256 netPuts;
    }

    /// @dev What the revaluation of one leg needs.
    /// @param scale amount x discount, scaled by 1e27
    struct Option {
        bool call;
        uint256 strike;
        int256 lnStrike;
        int256 scale;
    }

    /// @notice Bound on the change of R with spot, for each contract and unit of spot; see the head.
    uint256 internal constant SPOT_SLOPE = 2.26e18;
    /// @notice The largest forward/spot that SPOT_SLOPE holds for.
    uint256 internal constant MAX_FORWARD_RATIO = 1.5e18;

    uint256 internal constant MAX_LEGS = 128;
    uint256 internal constant MIN_PRICE = 1e9;
    uint256 internal constant MAX_PRICE = type(uint96).max;
    int256 internal constant MAX_AMOUNT = type(int96).max;
    uint256 internal constant MAX_VOLATILITY = 100e18;
    uint256 internal constant MAX_TIME = 36_500 days;
    uint256 internal constant MAX_RATE = 10e18;
    uint256 internal constant MIN_RANGE = 0.08e18;
    uint256 internal constant MAX_RANGE = 0.5e18;

    uint256 private constant WAD = 1e18;
    uint256 private constant NAKED = 0.01e18;
    uint256 private constant RANGE_HORIZON = 5 days;
    uint256 private constant VOLATILITY_UP = 1.4e18;
    uint256 private constant VOLATILITY_DOWN = 0.78e18;
    /// @dev Under it an option is worth its intrinsic value, wrong by less than 1e-12 of the forward.
    uint256 private constant LEAST_DEVIATION = 1e6;

    /// @dev Moves of the grid come first, then the tails; of each move of the grid three scenarios, of each tail one.
    uint256 private constant GRID_MOVES = 9;
    uint256 private constant MOVES = 13;
    uint256 private constant UNMOVED = 4;
    uint256 private constant SCENARIOS = 31;
    /// @dev Spot unmoved, volatility unchanged.
    uint256 private constant BASE_SCENARIO = 13;
    /// @dev Values are summed up as price (1e18) x scale (1e27); a result has 1e18.
    int256 private constant SUM_SCALE = 1e27;

    error TooManyLegs(uint256 legs, uint256 limit);
    error StrikeOutOfRange(uint256 leg, uint256 strike, uint256 least, uint256 most);
    error AmountOutOfRange(uint256 leg, int256 amount, int256 most);
    error ForwardOutOfRange(uint256 expiry, uint256 forward, uint256 least, uint256 most);
    error FixedForwardAboveForward(uint256 expiry, uint256 fixedForward, uint256 forward);
    error ImpliedVolatilityTooLarge(uint256 expiry, uint256 impliedVolatility, uint256 most);
    error TimeToExpiryTooLong(uint256 expiry, uint256 timeToExpiry, uint256 most);
    error RateTooLarge(uint256 expiry, uint256 rate, uint256 most);
    error SpotTooLarge(uint256 spot, uint256 most);
    error RangeTooLarge(uint256 range, uint256 most);

    /// @notice The requirement of all legs on one underlying, rounded up, and what they are worth now, rounded down.
    /// @param range of the grid, see `rangeOf`
    function requirement(Leg[] memory legs, Expiry[] memory expiries, uint256 spot, uint256 range)
        external
        pure
        returns (uint256 requirementUp, int256 markToMarket)
    {
        _requireInLimits(legs, expiries, spot, range);
        uint256[MOVES] memory multipliers = _multipliers(range);
        Slice[] memory slices = new Slice[](expiries.length);
        for (uint256 i = 0; i < expiries.length; ++i) {
            _slice(slices[i], expiries[i], multipliers);
        }
        int256[SCENARIOS] memory sums;
        for (uint256 i = 0; i < legs.length; ++i) {
            _add(sums, slices[legs[i].expiry], legs[i]);
        }

        // Sums are under 128 x 2^96 x 2^30 x 2^98 < 2^231 each.
        unchecked {
            int256 marked = sums[BASE_SCENARIO];
            markToMarket = marked / SUM_SCALE;
            if (marked % SUM_SCALE < 0) --markToMarket;

            int256 needed = _worstUp(sums) - marked;
            int256 asked = needed / SUM_SCALE + int256(_contingencyUp(slices, spot));
            if (needed % SUM_SCALE > 0) ++asked;
            // casting to 'uint256' is safe because only what is positive is cast
            // forge-lint: disable-next-line(unsafe-typecast)
            if (asked > 0) requirementUp = uint256(asked);
        }
    }

    /// @notice Range of the grid at an applied volatility.
    function rangeOf(uint256 volatility) internal pure returns (uint256) {
        if (volatility > MAX_VOLATILITY) return MAX_RANGE;
        uint256 range = FactorMath.Z99 * volatility * FactorMath.sqrtYearsDown(RANGE_HORIZON) / 1e36;
        return FixedPointMathLib.clamp(range, MIN_RANGE, MAX_RANGE);
    }

    /// @notice Sum of |amount| over the legs, in contracts.
    function grossAmount(Leg[] memory legs) internal pure returns (uint256 amount) {
        for (uint256 i = 0; i < legs.length; ++i) {
            amount += FixedPointMathLib.abs(legs[i].amount);
        }
    }

    /// @notice Sum of |amount| x spot over the legs, rounded up: what tolerances are measured against.
    function grossNotionalUp(Leg[] memory legs, uint256 spot) internal pure returns (uint256) {
        return FixedPointMathLib.fullMulDivUp(grossAmount(legs), spot, WAD);
    }

    // ---------------------------------------------------------------------------------------------------- limits

    function _requireInLimits(Leg[] memory legs, Expiry[] memory expiries, uint256 spot, uint256 range) private pure {
        if (legs.length > MAX_LEGS) revert TooManyLegs(legs.length, MAX_LEGS);
        if (spot > MAX_PRICE) revert SpotTooLarge(spot, MAX_PRICE);
        if (range > MAX_RANGE) revert RangeTooLarge(range, MAX_RANGE);
        for (uint256 i = 0; i < expiries.length; ++i) {
            _requireExpiryInLimits(i, expiries[i]);
        }
        for (uint256 i = 0; i < legs.length; ++i) {
            Leg memory leg = legs[i];
            if (leg.strike < MIN_PRICE || leg.strike > MAX_PRICE) {
                revert StrikeOutOfRange(i, leg.strike, MIN_PRICE, MAX_PRICE);
            }
            if (leg.amount > MAX_AMOUNT || leg.amount < -MAX_AMOUNT) {
                revert AmountOutOfRange(i, leg.amount, MAX_AMOUNT);
            }
        }
    }

    function _requireExpiryInLimits(uint256 i, Expiry memory expiry) private pure {
        if (expiry.forward < MIN_PRICE || expiry.forward > MAX_PRICE) {
            revert ForwardOutOfRange(i, expiry.forward, MIN_PRICE, MAX_PRICE);
        }
        if (expiry.fixedForward > expiry.forward) {
            revert FixedForwardAboveForward(i, expiry.fixedForward, expiry.forward);
        }
        if (expiry.impliedVolatility > MAX_VOLATILITY) {
            revert ImpliedVolatilityTooLarge(i, expiry.impliedVolatility, MAX_VOLATILITY);
        }
        if (expiry.timeToExpiry > MAX_TIME) revert TimeToExpiryTooLong(i, expiry.timeToExpiry, MAX_TIME);
        if (expiry.rate > MAX_RATE) revert RateTooLarge(i, expiry.rate, MAX_RATE);
    }

    // ------------------------------------------------------------------------------------------------------ grid

    /// @dev Spot multipliers of the 13 moves.
    function _multipliers(uint256 range) private pure returns (uint256[MOVES] memory multipliers) {
        for (uint256 i = 0; i < GRID_MOVES; ++i) {
            multipliers[i] = WAD + range * i / UNMOVED - range;
        }
        multipliers[9] = 0.34e18;
        multipliers[10] = 0.67e18;
        multipliers[11] = 1.5e18;
        multipliers[12] = 2e18;
    }

    /// @dev Forwards are under 2^97 times at most 2, logarithms under 2^67, times and rates as limited: all far from overflow.
    function _slice(Slice memory slice, Expiry memory expiry, uint256[MOVES] memory multipliers) private pure {
        // casting to 'int256' and 'uint256' is safe because of the limits, and because an exponential is not negative
        // forge-lint: disable-start(unsafe-typecast)
        unchecked {
            slice.discount = uint256(FixedPointMathLib.expWad(-int256(expiry.rate * expiry.timeToExpiry / 365 days)));
            uint256 moving = expiry.forward - expiry.fixedForward;
            for (uint256 i = 0; i < MOVES; ++i) {
                uint256 forward = moving * multipliers[i] / WAD + expiry.fixedForward;
                slice.forwards[i] = forward;
                slice.lnForwards[i] = FixedPointMathLib.lnWad(int256(forward));
            }

            uint256 deviation = expiry.impliedVolatility * FactorMath.sqrtYearsDown(expiry.timeToExpiry) / WAD;
            if (deviation < LEAST_DEVIATION) return;
            slice.deviations = [deviation * VOLATILITY_UP / WAD, deviation, deviation * VOLATILITY_DOWN / WAD];
            for (uint256 i = 0; i < 3; ++i) {
                slice.inverses[i] = 1e36 / slice.deviations[i];
            }
        }
        // forge-lint: disable-end(unsafe-typecast)
    }

    // ----------------------------------------------------------------------------------------------- revaluation

    /// @dev Adds a leg's value to the sums of all scenarios.
    function _add(int256[SCENARIOS] memory sums, Slice memory slice, Leg memory leg) private pure {
        // Amounts are under 2^95 and at most 128 are summed; the scale is under 2^95 x 2^30.
        // casting to 'int256' is safe because strikes are under 2^96 and discounts at most 1e18
        // forge-lint: disable-start(unsafe-typecast)
        unchecked {
            if (leg.call) slice.netCalls += leg.amount;
            else slice.netPuts += leg.amount;

            Option memory option = Option({
                call: leg.call,
                strike: leg.strike,
                lnStrike: FixedPointMathLib.lnWad(int256(leg.strike)),
                scale: leg.amount * int256(slice.discount) / 1e9
            });
            for (uint256 i = 0; i < GRID_MOVES; ++i) {
                _addMove(sums, slice, option, i, 3 * i, 3);
            }
            for (uint256 i = GRID_MOVES; i < MOVES; ++i) {
                _addMove(sums, slice, option, i, i + 2 * GRID_MOVES, 1);
            }
        }
        // forge-lint: disable-end(unsafe-typecast)
    }

    /// @dev Adds a leg's value at one move, for the first `volatilities` of the three, to the sums from `scenario` on.
    function _addMove(
        int256[SCENARIOS] memory sums,
        Slice memory slice,
        Option memory option,
        uint256 move,
        uint256 scenario,
        uint256 volatilities
    ) private pure {
        // casting to 'int256' is safe because values, forwards and strikes are under 2^98
        // forge-lint: disable-start(unsafe-typecast)
        unchecked {
            uint256 forward = slice.forwards[move];
            int256 lnMoneyness = slice.lnForwards[move] - option.lnStrike;
            int256 parity = option.call ? int256(0) : int256(option.strike) - int256(forward);
            for (uint256 i = 0; i < volatilities; ++i) {
                uint256 call = Black76.call(forward, option.strike, lnMoneyness, slice.deviations[i], slice.inverses[i]);
                sums[scenario + i] += option.scale * (int256(call) + parity);
            }
        }
        // forge-lint: disable-end(unsafe-typecast)
    }

    /// @dev values[i] without the check of bounds that a revaluation would repeat thousands of times: i < 3 in all calls.
    function _at(uint256[3] memory values, uint256 i) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(add(values, shl(5, i)))
        }
    }

    /// @dev sums[scenario] += by, likewise: scenario < 31 in all calls, and sums stay under 2^231.
    function _increase(int256[SCENARIOS] memory sums, uint256 scenario, int256 by) private pure {
        assembly ("memory-safe") {
            let place := add(sums, shl(5, scenario))
            mstore(place, add(mload(place), by))
        }
    }

    // ---------------------------------------------------------------------------------------------------- result

    /// @dev The largest damped loss, at least zero, rounded up, in the scale of the sums.
    function _worstUp(int256[SCENARIOS] memory sums) private pure returns (int256 worst) {
        // Sums are under 2^231 and a share under 2^60 would need 2^292: tails are damped in percent.
        unchecked {
            int256 marked = sums[BASE_SCENARIO];
            for (uint256 i = 0; i < 3 * GRID_MOVES; ++i) {
                worst = FixedPointMathLib.max(worst, marked - sums[i]);
            }
            int256[4] memory percent = [int256(24), 48, 32, 16];
            for (uint256 i = 0; i < 4; ++i) {
                int256 loss = (marked - sums[3 * GRID_MOVES + i]) * percent[i];
                if (loss > worst * 100) worst = (loss + 99) / 100;
            }
        }
    }

    /// @dev 1 % of spot for each naked short option, rounded up.
    function _contingencyUp(Slice[] memory slices, uint256 spot) private pure returns (uint256) {
        // Net amounts are under 128 x 2^95.
        unchecked {
            int256 naked = 0;
            for (uint256 i = 0; i < slices.length; ++i) {
                naked += FixedPointMathLib.max(0, -slices[i].netCalls) + FixedPointMathLib.max(0, -slices[i].netPuts);
            }
            // casting to 'uint256' is safe because each part is at least zero
            // forge-lint: disable-next-line(unsafe-typecast)
            return FixedPointMathLib.divUp(uint256(naked) * spot * NAKED, 1e36);
        }
    }
}
